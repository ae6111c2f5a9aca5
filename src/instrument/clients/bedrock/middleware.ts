import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import type { CallSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { isAsyncIterable, tracedAnswer } from '../api/answer.ts';
import { described } from '../api/error.ts';
import type { ClientOptions } from '../api/options.ts';
import { known, numberOf, shapeOf, textOf } from '../api/shape.ts';
import { describeConverse } from './converse.ts';
import { describeInvoke } from './invoke.ts';
import type { Describe } from './request.ts';
import { modelName } from './request.ts';

type Next = (args: unknown) => unknown;

/** What is traced, and whether the answer is a stream. */
const COMMANDS: Readonly<Record<string, readonly [describe: Describe, isStream: boolean]>> = {
  ConverseCommand: [describeConverse, false],
  ConverseStreamCommand: [describeConverse, true],
  InvokeModelCommand: [describeInvoke, false],
  InvokeModelWithResponseStreamCommand: [describeInvoke, true],
};

/** The calls that commands' own contexts belong to. */
const calls = new WeakMap<object, Call>();

/** The outermost: its time is the command's, with all its attempts. */
export function spanMiddleware(options: ClientOptions) {
  return (next: Next, context: object) => {
    const name = textOf(shapeOf(context).commandName) ?? '';
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) return next;
    const [describe, isStream] = command;
    return (args: unknown) => {
      let call: Call | undefined;
      return tracedAnswer(
        () => specOf(describe, isStream, args, options),
        () => next(args),
        { streamOf: (value) => streamOf(value, call), describe: describedAws },
        (opened) => {
          call = opened;
          calls.set(context, opened);
        },
      );
    };
  };
}

function specOf(describe: Describe, isStream: boolean, args: unknown, options: ClientOptions): CallSpec {
  const input = shapeOf(shapeOf(args).input);
  const { attributes, ...what } = describe(input, isStream, options);
  const model = modelName(textOf(input.modelId));
  return {
    ...what,
    args: [input],
    options: {
      ...(model === undefined ? {} : { model }),
      provider: options.provider ?? 'aws.bedrock',
      redact: options.redact,
      attributes: { ...attributes, ...options.attributes },
    },
  };
}

/** A stream's own result is never read, so what came before it is noted here. */
function streamOf(value: unknown, call: Call | undefined): object | undefined {
  const output = shapeOf(shapeOf(value).output);
  if (call !== undefined) noteMetadata(output.$metadata, call);
  const stream = output.stream ?? output.body;
  return isAsyncIterable(stream) ? stream : undefined;
}

function describedAws(error: unknown, call: Call): unknown {
  noteMetadata(shapeOf(error).$metadata, call);
  return described(error, call);
}

function noteMetadata(metadata: unknown, call: Call): void {
  const { requestId, attempts, httpStatusCode: status } = shapeOf(metadata);
  const isError = (numberOf(status) ?? 0) >= 400;
  factsOf(call).attributes(
    known<string | number | boolean>({
      [ATTR.awsRequestId]: textOf(requestId),
      [ATTR.retried]: (numberOf(attempts) ?? 1) > 1 ? true : undefined,
      [ATTR.httpStatus]: isError ? numberOf(status) : undefined,
    }),
  );
}

/** Only here it is known where the request goes. */
export function serverMiddleware(next: Next, context: object) {
  return (args: unknown) => {
    try {
      const call = calls.get(context);
      if (call !== undefined) noteServer(shapeOf(args).request, call);
    } catch (error) {
      telemetryFailed(error);
    }
    return next(args);
  };
}

function noteServer(request: unknown, call: Call): void {
  const { hostname, port, protocol } = shapeOf(request);
  const address = textOf(hostname)?.replace(/^\[|\]$/g, '');
  if (address === undefined) return;
  const usual = protocol === 'http:' ? 80 : 443;
  factsOf(call).attributes({ [ATTR.serverAddress]: address, [ATTR.serverPort]: numberOf(port) ?? usual });
}
