import { type Attributes, type Link, SpanKind } from '@opentelemetry/api';
import { CONTENT_ATTRIBUTES } from './content/attributes.ts';
import type { WrapOptions } from './options.ts';
import { type Redact, redactAttributes, redactBy, redactValue } from './redact.ts';
import { ATTR } from './semconv.ts';

/** What a wrapped function is to an agent. */
export type Kind = 'agent' | 'workflow' | 'step' | 'tool' | 'llm' | 'embedding' | 'retrieval';

/** What starting a span needs. The same for every call, unless names depend on arguments. */
export interface SpanPlan {
  readonly kind: Kind;
  readonly spanName: string;
  readonly spanKind: SpanKind;
  readonly attributes: Attributes;
  readonly links: Link[];
  /** Only where the span is named `{operation} {model}`. */
  readonly modelOperation: string | undefined;
}

/** A plan that has been through `safePlan`. */
export interface SafePlan extends SpanPlan {
  /** Written once the span has started: its room depends on the trace. */
  readonly content: Attributes | undefined;
  /** How many secrets were taken out. */
  readonly redacted: number;
}

interface KindRule {
  readonly spanKind: SpanKind;
  /** `gen_ai.operation.name`, absent for what the conventions do not know. */
  readonly operation?: string;
  /** Where the name goes. Absent: the span is named for its model. */
  readonly nameKey?: string;
}

/** The GenAI conventions' table of spans. */
const RULES: Readonly<Record<Kind, KindRule>> = {
  agent: { spanKind: SpanKind.INTERNAL, operation: 'invoke_agent', nameKey: ATTR.agentName },
  workflow: { spanKind: SpanKind.INTERNAL, operation: 'invoke_workflow', nameKey: ATTR.workflowName },
  step: { spanKind: SpanKind.INTERNAL },
  tool: { spanKind: SpanKind.INTERNAL, operation: 'execute_tool', nameKey: ATTR.toolName },
  llm: { spanKind: SpanKind.CLIENT, operation: 'chat' },
  embedding: { spanKind: SpanKind.CLIENT, operation: 'embeddings' },
  retrieval: { spanKind: SpanKind.CLIENT, operation: 'retrieval', nameKey: ATTR.dataSource },
};

/** An `llm` named like one of these is that operation; under any other name it is a chat. */
const LLM_OPERATIONS: ReadonlySet<string> = new Set(['chat', 'text_completion', 'generate_content']);

type Described = Omit<WrapOptions, 'name'>;

export function planSpan(kind: Kind, name: string, options: Described): SafePlan {
  const rule = RULES[kind];
  const operation = kind === 'llm' && LLM_OPERATIONS.has(name) ? name : rule.operation;
  const attributes: Attributes = {};
  set(attributes, ATTR.operation, operation);
  set(attributes, ATTR.provider, options.provider);
  set(attributes, ATTR.requestModel, options.model);
  const subject = nameSpan(attributes, rule, kind, name, operation, options);
  if (kind === 'tool') attributes[ATTR.toolType] = 'function';
  if (kind === 'tool' && typeof options.readOnly === 'boolean') attributes[ATTR.readOnly] = options.readOnly;
  const server = typeof options.server === 'string' ? { address: options.server } : options.server;
  set(attributes, ATTR.serverAddress, server?.address);
  set(attributes, ATTR.serverPort, server?.port);
  Object.assign(attributes, options.attributes);
  const plan = {
    kind,
    spanName: operation === undefined ? name : nameOf(operation, subject),
    spanKind: spanKindOf(rule, options),
    attributes,
    links: [...(options.links ?? [])],
    modelOperation: rule.nameKey === undefined ? operation : undefined,
  };
  return safePlan(plan, options.redact);
}

/** The same without secrets, and with its content apart. */
export function safePlan(plan: SpanPlan, redact?: Redact): SafePlan {
  const tally = { redacted: 0 };
  const attributes: Attributes = {};
  let content: Attributes | undefined;
  for (const key of Object.keys(plan.attributes)) {
    const value = plan.attributes[key];
    if (CONTENT_ATTRIBUTES.has(key)) content = { ...content, [key]: value };
    else attributes[key] = redactValue(key, value, tally, redact);
  }
  const links = plan.links.map((link) =>
    link.attributes === undefined ? link : { ...link, attributes: redactAttributes(link.attributes, tally, redact) },
  );
  const spanName = redactBy(redact, plan.spanName, tally);
  return { ...plan, spanName, attributes, links, content, redacted: tally.redacted };
}

/** `{operation} {subject}`, or the operation alone where the subject is not known. */
export function nameOf(operation: string, subject: string | undefined): string {
  return subject === undefined || subject === '' ? operation : `${operation} ${subject}`;
}

/** Writes the name where it belongs; returns the second word of the span's name. */
function nameSpan(
  attributes: Attributes,
  rule: KindRule,
  kind: Kind,
  name: string,
  operation: string | undefined,
  options: Described,
): string | undefined {
  if (operation === undefined) return undefined;
  const subject =
    kind === 'retrieval' ? (options.dataSource ?? name) : rule.nameKey === undefined ? options.model : name;
  if (rule.nameKey !== undefined) set(attributes, rule.nameKey, subject);
  if (name !== subject && name !== operation) set(attributes, ATTR.name, name);
  return subject;
}

function spanKindOf(rule: KindRule, options: Described): SpanKind {
  if (options.remote === undefined) return rule.spanKind;
  return options.remote ? SpanKind.CLIENT : SpanKind.INTERNAL;
}

function set(attributes: Attributes, key: string, value: string | number | undefined): void {
  if (value !== undefined && value !== '') attributes[key] = value;
}
