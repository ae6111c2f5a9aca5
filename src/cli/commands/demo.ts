export function addDemoCommand(): void {}
