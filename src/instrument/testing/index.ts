export type { RecordedEvent, RecordedLink, RecordedSpan } from './recorded-span.ts';
export { type Recorder, type RecorderOptions, recorder } from './recorder.ts';
export type { TreeOptions } from './tree.ts';
