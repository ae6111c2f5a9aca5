export { flush, type InitResult, init, type Stats, shutdown, stats } from './delivery.ts';
export type { InitOptions } from './settings.ts';
