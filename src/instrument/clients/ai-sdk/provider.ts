/** Beginnings of the AI SDK's names for providers, longest first, and those that the conventions have. */
const PROVIDERS: readonly (readonly [prefix: string, provider: string])[] = [
  ['google.vertex', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
  ['moonshotai', 'moonshot_ai'],
];

/** `openai.chat` and `openai.responses` are `openai`. A provider of one's own keeps its name, up to the dot. */
export function providerOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const found = PROVIDERS.find(([prefix]) => name === prefix || name.startsWith(`${prefix}.`));
  return found?.[1] ?? name.split('.')[0];
}
