import { shapeOf, textOf } from './shape.ts';

/** Where a client's requests go. */
export interface Endpoint {
  readonly server?: { readonly address: string; readonly port?: number };
  /** `gen_ai.provider.name`, by the host's name; undefined for hosts that are not well known. */
  readonly provider?: string;
}

/** Ends of host names. A provider's API may be asked through another vendor's client. */
const PROVIDERS: readonly (readonly [suffix: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['cognitiveservices.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.openai'],
  ['api.anthropic.com', 'anthropic'],
  ['api.deepseek.com', 'deepseek'],
  ['api.groq.com', 'groq'],
  ['api.x.ai', 'x_ai'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.moonshot.ai', 'moonshot_ai'],
  ['api.moonshot.cn', 'moonshot_ai'],
  ['api.cohere.ai', 'cohere'],
  ['api.cohere.com', 'cohere'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
];
const AWS = 'amazonaws\\.(?:com|com\\.cn|eu)|api\\.(?:aws|amazonwebservices\\.(?:com\\.cn|eu))';
const BEDROCK = new RegExp(`(^|\\.)bedrock[\\w-]*\\.[\\w-]+\\.(?:vpce\\.)?(?:${AWS})$`);

/** By the `baseURL` that it has now. */
export function endpointOf(client: object): Endpoint {
  const url = urlOf(shapeOf(client).baseURL);
  if (url === undefined) return {};
  const address = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? { 'https:': 443, 'http:': 80 }[url.protocol] : Number(url.port);
  const provider = isFoundry(url) ? 'azure.ai.inference' : providerOf(address);
  return {
    server: port === undefined ? { address } : { address, port },
    ...(provider === undefined ? {} : { provider }),
  };
}

/** Hosts of Azure that serve models of several vendors; OpenAI's API is at a path of its own there. */
function isFoundry({ hostname, pathname }: URL): boolean {
  return hostname.endsWith('.services.ai.azure.com') && !pathname.startsWith('/openai');
}

function providerOf(address: string): string | undefined {
  if (BEDROCK.test(address)) return 'aws.bedrock';
  const isOf = (suffix: string) => address === suffix || /[.-]/.test(address.at(-suffix.length - 1) ?? '');
  return PROVIDERS.find(([suffix]) => address.endsWith(suffix) && isOf(suffix))?.[1];
}

function urlOf(value: unknown): URL | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
