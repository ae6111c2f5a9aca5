import { type Attributes, type Link, SpanKind } from '@opentelemetry/api';
import { captureJson } from '../../capture.ts';
import { nameOf, type SafePlan, type SpanPlan, safePlan } from '../../kinds.ts';
import type { Redact } from '../../redact.ts';
import { ATTR } from '../../semconv.ts';
import { field, type Message, textField } from './messages.ts';
import { networkOf, versionOf } from './network.ts';

/** Names and ids come from the other side and may be of any length. */
const MAX_NAME = 256;

/** SDK 2 sends it with every request. */
const VERSION_META_KEY = 'io.modelcontextprotocol/protocolVersion';

/** What is known of one connection besides its messages. */
export interface Connection {
  readonly transport: object;
  /** Agreed on by `initialize`, where that was seen. */
  protocolVersion: string | undefined;
  readonly captureInput: boolean;
  readonly captureOutput: boolean;
  readonly redact?: Redact | undefined;
}

/** The span of one message: CLIENT where it is sent, SERVER where it is received, whichever side that is. */
export function planMessage(
  connection: Connection,
  message: Message,
  spanKind: SpanKind.CLIENT | SpanKind.SERVER,
  links: Link[] = [],
  extra?: unknown,
): SafePlan {
  const { method, target, attributes } = describe(message);
  const plan: SpanPlan = {
    kind: method === 'tools/call' ? 'tool' : 'step',
    spanName: nameOf(method, target),
    spanKind,
    attributes: {
      ...attributes,
      ...connectionFacts(connection, message, spanKind, extra),
      ...inputOf(connection, message),
    },
    links,
    modelOperation: undefined,
  };
  return safePlan(plan, connection.redact);
}

/** What calls of a tool are compared by, as a wrapped tool's are. */
export function comparedBy({ method, params }: Message): readonly unknown[] | undefined {
  return method === 'tools/call' ? [field(params, 'arguments') ?? {}] : undefined;
}

/** What a tool's own span is told about the request that does its work. Its name stays what it is. */
export function factsForTool(connection: Connection, message: Message): Attributes {
  const { target, attributes } = describe(message);
  delete attributes[ATTR.operation];
  delete attributes[ATTR.toolName];
  if (target !== undefined) attributes[ATTR.mcpTool] = target;
  return { ...attributes, ...connectionFacts(connection, message, SpanKind.CLIENT) };
}

/** What is known of the connection only by the time of an answer. */
export function lateFacts(connection: Connection): Attributes {
  const attributes: Attributes = {};
  set(attributes, ATTR.mcpSession, textField(connection.transport, 'sessionId'));
  set(attributes, ATTR.mcpProtocol, connection.protocolVersion ?? versionOf(connection.transport, undefined));
  return attributes;
}

function describe({ method, params, id, jsonrpc }: Message) {
  const name = String(method);
  const attributes: Attributes = { [ATTR.mcpMethod]: clip(name) };
  const target = targetOf(name, params);
  if (name === 'tools/call') {
    attributes[ATTR.operation] = 'execute_tool';
    set(attributes, ATTR.toolName, target);
  } else set(attributes, ATTR.promptName, target);
  if (name.startsWith('resources/')) set(attributes, ATTR.mcpResource, textField(params, 'uri'));
  if (id !== undefined && id !== null) attributes[ATTR.rpcRequestId] = clip(String(id));
  if (jsonrpc !== '2.0' && typeof jsonrpc === 'string') attributes[ATTR.rpcVersion] = clip(jsonrpc);
  return { method: clip(name), target, attributes };
}

/** The tool or prompt that a request is about. Resources are many, and stay out of span names. */
function targetOf(method: string, params: unknown): string | undefined {
  if (method === 'tools/call' || method === 'prompts/get') return clip(textField(params, 'name'));
  if (method !== 'completion/complete') return undefined;
  return clip(textField(field(params, 'ref'), 'name'));
}

function connectionFacts(connection: Connection, message: Message, spanKind: SpanKind, extra?: unknown): Attributes {
  const { transport, protocolVersion } = connection;
  const attributes = networkOf(transport);
  if (spanKind === SpanKind.SERVER) {
    // The URL of a transport is where it sends to.
    delete attributes[ATTR.serverAddress];
    delete attributes[ATTR.serverPort];
  }
  set(attributes, ATTR.mcpSession, textField(transport, 'sessionId'));
  const perRequest = textField(field(message.params, '_meta'), VERSION_META_KEY);
  set(attributes, ATTR.mcpProtocol, perRequest ?? protocolVersion ?? versionOf(transport, extra));
  return attributes;
}

function inputOf({ captureInput }: Connection, { method, params }: Message): Attributes {
  if (!captureInput || method !== 'tools/call') return {};
  return { [ATTR.toolArguments]: captureJson(field(params, 'arguments')) };
}

function set(attributes: Attributes, key: string, value: string | undefined): void {
  if (value !== undefined) attributes[key] = value;
}

function clip(text: string): string;
function clip(text: string | undefined): string | undefined;
function clip(text: string | undefined): string | undefined {
  return text === undefined || text.length <= MAX_NAME ? text : `${text.slice(0, MAX_NAME)}…`;
}
