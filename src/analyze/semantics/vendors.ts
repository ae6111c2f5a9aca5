/**
 * Who runs which host. One row per suffix; the longest matching suffix wins. `managed`: a database, cache, queue or
 * bucket that a cloud runs for the user (shown apart from third parties). `telemetry`: tracing, metrics and feature
 * flags, whose calls are never candidates for a finding.
 */
export interface VendorRow {
  /** A domain, or the end of one, lower case: matches itself and everything under it. */
  readonly suffix: string;
  readonly vendor: string;
  readonly group: VendorGroup;
  readonly managed?: true;
  readonly telemetry?: true;
}

type VendorGroup =
  | 'model'
  | 'vector'
  | 'search'
  | 'scraping'
  | 'payment'
  | 'mail'
  | 'messaging'
  | 'code'
  | 'data'
  | 'store'
  | 'cloud'
  | 'telemetry';

const row = (suffix: string, vendor: string, group: VendorGroup): VendorRow => ({ suffix, vendor, group });
const managed = (suffix: string, vendor: string): VendorRow => ({ suffix, vendor, group: 'store', managed: true });
const telemetry = (suffix: string, vendor: string): VendorRow => ({
  suffix,
  vendor,
  group: 'telemetry',
  telemetry: true,
});

export const VENDORS: readonly VendorRow[] = [
  row('openai.com', 'OpenAI', 'model'),
  row('openai.azure.com', 'Azure OpenAI', 'model'),
  row('services.ai.azure.com', 'Azure AI', 'model'),
  row('cognitiveservices.azure.com', 'Azure AI', 'model'),
  row('inference.ai.azure.com', 'Azure AI', 'model'),
  row('models.github.ai', 'GitHub Models', 'model'),
  row('anthropic.com', 'Anthropic', 'model'),
  row('generativelanguage.googleapis.com', 'Google Gemini', 'model'),
  row('aiplatform.googleapis.com', 'Google Vertex AI', 'model'),
  row('bedrock.amazonaws.com', 'AWS Bedrock', 'model'),
  row('mistral.ai', 'Mistral', 'model'),
  row('cohere.com', 'Cohere', 'model'),
  row('cohere.ai', 'Cohere', 'model'),
  row('groq.com', 'Groq', 'model'),
  row('deepseek.com', 'DeepSeek', 'model'),
  row('perplexity.ai', 'Perplexity', 'model'),
  row('x.ai', 'xAI', 'model'),
  row('ml.cloud.ibm.com', 'IBM watsonx', 'model'),
  row('moonshot.ai', 'Moonshot AI', 'model'),
  row('moonshot.cn', 'Moonshot AI', 'model'),
  row('together.ai', 'Together AI', 'model'),
  row('together.xyz', 'Together AI', 'model'),
  row('fireworks.ai', 'Fireworks AI', 'model'),
  row('replicate.com', 'Replicate', 'model'),
  row('openrouter.ai', 'OpenRouter', 'model'),
  row('huggingface.co', 'Hugging Face', 'model'),
  row('hf.space', 'Hugging Face', 'model'),
  row('endpoints.huggingface.cloud', 'Hugging Face', 'model'),
  row('cerebras.ai', 'Cerebras', 'model'),
  row('sambanova.ai', 'SambaNova', 'model'),
  row('deepinfra.com', 'DeepInfra', 'model'),
  row('ai21.com', 'AI21 Labs', 'model'),
  row('voyageai.com', 'Voyage AI', 'model'),
  row('jina.ai', 'Jina AI', 'model'),
  row('api.nvidia.com', 'NVIDIA NIM', 'model'),
  row('dashscope.aliyuncs.com', 'Alibaba Model Studio', 'model'),
  row('dashscope-intl.aliyuncs.com', 'Alibaba Model Studio', 'model'),
  row('bigmodel.cn', 'Zhipu AI', 'model'),
  row('elevenlabs.io', 'ElevenLabs', 'model'),
  row('deepgram.com', 'Deepgram', 'model'),
  row('assemblyai.com', 'AssemblyAI', 'model'),
  row('stability.ai', 'Stability AI', 'model'),
  row('pinecone.io', 'Pinecone', 'vector'),
  row('weaviate.cloud', 'Weaviate', 'vector'),
  row('weaviate.network', 'Weaviate', 'vector'),
  row('cloud.qdrant.io', 'Qdrant', 'vector'),
  row('zillizcloud.com', 'Zilliz', 'vector'),
  row('trychroma.com', 'Chroma', 'vector'),
  row('turbopuffer.com', 'turbopuffer', 'vector'),
  row('algolia.net', 'Algolia', 'search'),
  row('algolianet.com', 'Algolia', 'search'),
  row('tavily.com', 'Tavily', 'search'),
  row('serpapi.com', 'SerpApi', 'search'),
  row('serper.dev', 'Serper', 'search'),
  row('exa.ai', 'Exa', 'search'),
  row('you.com', 'You.com', 'search'),
  row('linkup.so', 'Linkup', 'search'),
  row('api.search.brave.com', 'Brave Search', 'search'),
  row('api.bing.microsoft.com', 'Bing', 'search'),
  row('duckduckgo.com', 'DuckDuckGo', 'search'),
  row('customsearch.googleapis.com', 'Google Search', 'search'),
  row('wikipedia.org', 'Wikipedia', 'data'),
  row('wikidata.org', 'Wikidata', 'data'),
  row('arxiv.org', 'arXiv', 'data'),
  row('openweathermap.org', 'OpenWeather', 'data'),
  row('open-meteo.com', 'Open-Meteo', 'data'),
  row('maps.googleapis.com', 'Google Maps', 'data'),
  row('api.mapbox.com', 'Mapbox', 'data'),
  row('firecrawl.dev', 'Firecrawl', 'scraping'),
  row('browserbase.com', 'Browserbase', 'scraping'),
  row('browserless.io', 'Browserless', 'scraping'),
  row('apify.com', 'Apify', 'scraping'),
  row('scrapingbee.com', 'ScrapingBee', 'scraping'),
  row('zenrows.com', 'ZenRows', 'scraping'),
  row('brightdata.com', 'Bright Data', 'scraping'),
  row('e2b.dev', 'E2B', 'code'),
  row('modal.com', 'Modal', 'code'),
  row('github.com', 'GitHub', 'code'),
  row('githubusercontent.com', 'GitHub', 'code'),
  row('githubcopilot.com', 'GitHub Copilot', 'model'),
  row('gitlab.com', 'GitLab', 'code'),
  row('bitbucket.org', 'Bitbucket', 'code'),
  row('npmjs.org', 'npm', 'code'),
  row('pypi.org', 'PyPI', 'code'),
  row('stripe.com', 'Stripe', 'payment'),
  row('paypal.com', 'PayPal', 'payment'),
  row('adyen.com', 'Adyen', 'payment'),
  row('squareup.com', 'Square', 'payment'),
  row('plaid.com', 'Plaid', 'payment'),
  row('sendgrid.com', 'SendGrid', 'mail'),
  row('mailgun.net', 'Mailgun', 'mail'),
  row('postmarkapp.com', 'Postmark', 'mail'),
  row('resend.com', 'Resend', 'mail'),
  row('mailchimp.com', 'Mailchimp', 'mail'),
  row('gmail.googleapis.com', 'Gmail', 'mail'),
  row('graph.microsoft.com', 'Microsoft Graph', 'data'),
  row('slack.com', 'Slack', 'messaging'),
  row('discord.com', 'Discord', 'messaging'),
  row('twilio.com', 'Twilio', 'messaging'),
  row('api.telegram.org', 'Telegram', 'messaging'),
  row('atlassian.net', 'Atlassian', 'data'),
  row('linear.app', 'Linear', 'data'),
  row('notion.com', 'Notion', 'data'),
  row('airtable.com', 'Airtable', 'data'),
  row('salesforce.com', 'Salesforce', 'data'),
  row('hubapi.com', 'HubSpot', 'data'),
  row('zendesk.com', 'Zendesk', 'data'),
  row('myshopify.com', 'Shopify', 'data'),
  row('snowflakecomputing.com', 'Snowflake', 'data'),
  row('amazonaws.com', 'AWS', 'cloud'),
  row('googleapis.com', 'Google Cloud', 'cloud'),
  row('azure.com', 'Azure', 'cloud'),
  row('windows.net', 'Azure', 'cloud'),
  row('cloudflare.com', 'Cloudflare', 'cloud'),
  managed('s3.amazonaws.com', 'Amazon S3'),
  managed('dynamodb.amazonaws.com', 'Amazon DynamoDB'),
  managed('sqs.amazonaws.com', 'Amazon SQS'),
  managed('sns.amazonaws.com', 'Amazon SNS'),
  managed('kinesis.amazonaws.com', 'Amazon Kinesis'),
  managed('rds.amazonaws.com', 'Amazon RDS'),
  managed('redshift.amazonaws.com', 'Amazon Redshift'),
  managed('cache.amazonaws.com', 'Amazon ElastiCache'),
  managed('docdb.amazonaws.com', 'Amazon DocumentDB'),
  managed('es.amazonaws.com', 'Amazon OpenSearch'),
  managed('aoss.amazonaws.com', 'Amazon OpenSearch'),
  managed('documents.azure.com', 'Azure Cosmos DB'),
  managed('database.azure.com', 'Azure Database'),
  managed('database.windows.net', 'Azure SQL'),
  managed('redis.cache.windows.net', 'Azure Cache for Redis'),
  managed('servicebus.windows.net', 'Azure Service Bus'),
  managed('blob.core.windows.net', 'Azure Blob Storage'),
  managed('search.windows.net', 'Azure AI Search'),
  managed('storage.googleapis.com', 'Google Cloud Storage'),
  managed('firestore.googleapis.com', 'Google Firestore'),
  managed('spanner.googleapis.com', 'Google Spanner'),
  managed('bigquery.googleapis.com', 'Google BigQuery'),
  managed('pubsub.googleapis.com', 'Google Pub/Sub'),
  managed('r2.cloudflarestorage.com', 'Cloudflare R2'),
  managed('mongodb.net', 'MongoDB Atlas'),
  managed('neon.tech', 'Neon'),
  managed('supabase.co', 'Supabase'),
  managed('supabase.com', 'Supabase'),
  managed('upstash.io', 'Upstash'),
  managed('psdb.cloud', 'PlanetScale'),
  managed('turso.io', 'Turso'),
  managed('cockroachlabs.cloud', 'CockroachDB Cloud'),
  managed('timescale.com', 'Timescale'),
  managed('clickhouse.cloud', 'ClickHouse Cloud'),
  managed('aivencloud.com', 'Aiven'),
  managed('redislabs.com', 'Redis Cloud'),
  managed('redis-cloud.com', 'Redis Cloud'),
  managed('confluent.cloud', 'Confluent Cloud'),
  managed('cloudamqp.com', 'CloudAMQP'),
  managed('elastic-cloud.com', 'Elastic Cloud'),
  managed('found.io', 'Elastic Cloud'),
  managed('render.com', 'Render'),
  managed('rlwy.net', 'Railway'),
  telemetry('launchdarkly.com', 'LaunchDarkly'),
  telemetry('split.io', 'Split'),
  telemetry('statsigapi.net', 'Statsig'),
  telemetry('statsig.com', 'Statsig'),
  telemetry('configcat.com', 'ConfigCat'),
  telemetry('flagsmith.com', 'Flagsmith'),
  telemetry('growthbook.io', 'GrowthBook'),
  telemetry('optimizely.com', 'Optimizely'),
  telemetry('sentry.io', 'Sentry'),
  telemetry('datadoghq.com', 'Datadog'),
  telemetry('datadoghq.eu', 'Datadog'),
  telemetry('newrelic.com', 'New Relic'),
  telemetry('nr-data.net', 'New Relic'),
  telemetry('honeycomb.io', 'Honeycomb'),
  telemetry('grafana.net', 'Grafana Cloud'),
  telemetry('dynatrace.com', 'Dynatrace'),
  telemetry('signalfx.com', 'Splunk'),
  telemetry('posthog.com', 'PostHog'),
  telemetry('segment.io', 'Segment'),
  telemetry('segment.com', 'Segment'),
  telemetry('amplitude.com', 'Amplitude'),
  telemetry('mixpanel.com', 'Mixpanel'),
  telemetry('langfuse.com', 'Langfuse'),
  telemetry('smith.langchain.com', 'LangSmith'),
  telemetry('traceloop.com', 'Traceloop'),
  telemetry('arize.com', 'Arize'),
  telemetry('braintrust.dev', 'Braintrust'),
  telemetry('helicone.ai', 'Helicone'),
];

/** Values of `gen_ai.provider.name` that stand for a hosted vendor. */
export const HOSTED_PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['openai', 'OpenAI'],
  ['anthropic', 'Anthropic'],
  ['aws.bedrock', 'AWS Bedrock'],
  ['azure.ai.inference', 'Azure AI'],
  ['azure.ai.openai', 'Azure OpenAI'],
  ['gcp.gemini', 'Google Gemini'],
  ['gcp.gen_ai', 'Google Gen AI'],
  ['gcp.vertex_ai', 'Google Vertex AI'],
  ['cohere', 'Cohere'],
  ['mistral_ai', 'Mistral'],
  ['groq', 'Groq'],
  ['deepseek', 'DeepSeek'],
  ['perplexity', 'Perplexity'],
  ['x_ai', 'xAI'],
  ['ibm.watsonx.ai', 'IBM watsonx'],
  ['moonshot_ai', 'Moonshot AI'],
  ['pinecone', 'Pinecone'],
]);

/** Values of `gen_ai.provider.name` for servers that run on the user's own machines. */
export const LOCAL_PROVIDERS: ReadonlySet<string> = new Set([
  'ollama',
  'vllm',
  'llama.cpp',
  'lmstudio',
  'lm_studio',
  'tgi',
]);

const BY_SUFFIX: ReadonlyMap<string, VendorRow> = new Map(VENDORS.map((entry) => [entry.suffix, entry]));

/** The row of a host (lower case, no port), if any: that of its service in a region, else that of its longest suffix. */
export function catalogued(host: string): VendorRow | undefined {
  const service = regionalService(host);
  if (service !== undefined) return BY_SUFFIX.get(service);
  for (let at = 0; at >= 0; ) {
    const found = BY_SUFFIX.get(host.slice(at));
    if (found) return found;
    const dot = host.indexOf('.', at);
    at = dot < 0 ? -1 : dot + 1;
  }
  return undefined;
}

const AWS_MANAGED: ReadonlySet<string> = new Set(['s3', 'dynamodb', 'sqs', 'sns', 'kinesis']);

/** Some clouds put the region behind or into the service's label; the row that stands for it. */
function regionalService(host: string): string | undefined {
  if (host.endsWith('-aiplatform.googleapis.com')) return 'aiplatform.googleapis.com';
  if (!host.endsWith('.amazonaws.com')) return undefined;
  if (host.startsWith('bedrock')) return 'bedrock.amazonaws.com';
  const service = host.split('.').find((label) => AWS_MANAGED.has(label) || label.startsWith('s3-'));
  return service === undefined ? undefined : `${service.startsWith('s3-') ? 's3' : service}.amazonaws.com`;
}
