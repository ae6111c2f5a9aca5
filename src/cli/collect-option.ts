/** For commander: an option that may be repeated collects its values. */
export function collectOption(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
