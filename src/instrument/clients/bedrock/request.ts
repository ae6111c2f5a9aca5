import type { Attributes } from '@opentelemetry/api';
import type { CallReader } from '../../call.ts';
import type { Kind } from '../../kinds.ts';
import type { ClientOptions } from '../api/options.ts';
import type { Shape } from '../api/shape.ts';

/** What differs from one kind of command to another. */
export interface Described {
  readonly kind: Kind;
  readonly name: string;
  readonly attributes: Attributes;
  readonly reader: CallReader;
}

export type Describe = (input: Shape, isStream: boolean, options: ClientOptions) => Described;

/** Of an ARN its last part, without the account and the region. */
export function modelName(modelId: string | undefined): string | undefined {
  return modelId?.startsWith('arn:') ? modelId.slice(modelId.lastIndexOf('/') + 1) : modelId;
}
