/** Something that must not leave a process, as programs meet it. None is real; each is put together here. */
export interface PlantedSecret {
  readonly kind: string;
  /** Must be found in nothing that leaves. */
  readonly secret: string;
  /** With what stands around it: a header, a URL, a piece of JSON or of a command line. */
  readonly written: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';

/** Looks random, and is the same at every run. With a digit and both cases among the first four. */
function random(length: number, alphabet: string, seed: number): string {
  let state = seed * 2654435761;
  let text = '';
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += alphabet[(state >>> 8) % alphabet.length];
  }
  return text;
}

let seeds = 0;
const word = (length: number): string => `7qZ${random(length - 3, LETTERS + DIGITS, ++seeds)}`;
const upper = (length: number): string => `Q7${random(length - 2, `ABCDEFGHIJKLMNOPQRSTUVWXYZ${DIGITS}`, ++seeds)}`;
const hex = (length: number): string => `a7${random(length - 2, '0123456789abcdef', ++seeds)}`;
const base64 = (text: string): string => btoa(text).replace(/=+$/, '');

const plain = (kind: string, ...parts: string[]): PlantedSecret => {
  const secret = parts.join('');
  return { kind, secret, written: secret };
};
const within = (kind: string, secret: string, before: string, after = ''): PlantedSecret => {
  return { kind, secret, written: before + secret + after };
};

const userAndPassword = base64(`aladdin:${word(16)}`);
const pem = Array.from({ length: 6 }, () => word(64)).join('\n');
const jwt = [base64('{"alg":"HS256","typ":"JWT"}'), base64(`{"sub":"${word(12)}"}`), word(43)].join('.');
const pemOf = (name: string): string =>
  ['-----BEGIN', name, 'PRIVATE', 'KEY-----'].filter((one) => one !== '').join(' ');

export const PLANTED_SECRETS: readonly PlantedSecret[] = [
  plain('OpenAI key', 'sk', '-', word(48)),
  plain('OpenAI project key', 'sk', '-proj-', word(74)),
  plain('Anthropic key', 'sk', '-ant-api03-', word(93)),
  plain('AWS access key id', 'AK', 'IA', upper(16)),
  within('AWS secret access key', word(40), 'AWS_SECRET_ACCESS_KEY='),
  plain('GitHub token', 'gh', 'p_', word(36)),
  plain('GitHub fine-grained token', 'github', '_pat_', word(82)),
  plain('GitLab token', 'gl', 'pat-', word(20)),
  plain('Slack token', 'xo', 'xb-', '7123456789-', word(24)),
  within('Slack webhook', word(24), `https://hooks.sl${'ack'}.com/services/T0AAA/B0BBB/`),
  plain('Stripe key', 'sk', '_live_', word(24)),
  plain('Stripe webhook secret', 'wh', 'sec_', word(32)),
  plain('Google API key', 'AI', 'za', word(35)),
  plain('Google OAuth token', 'ya', '29.', word(60)),
  within(
    'Azure storage key',
    `${word(80)}==`,
    'DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=',
    ';EndpointSuffix=core',
  ),
  within('Azure SAS', word(43), 'https://acme.blob.core.windows.net/c/f?sv=2024-01-01&sig=', '&se=2026-01-01'),
  plain('Hugging Face token', 'hf', '_', word(34)),
  plain('npm token', 'np', 'm_', word(36)),
  plain('PyPI token', 'py', 'pi-', word(60)),
  plain('SendGrid key', 'S', 'G.', word(22), '.', word(43)),
  plain('Twilio key', 'S', 'K', hex(32)),
  plain('Groq key', 'gs', 'k_', word(52)),
  plain('Databricks token', 'da', 'pi', hex(32)),
  plain('HashiCorp Vault token', 'hv', 's.', word(24)),
  plain('Telegram bot token', '7123456789', ':', 'AA', word(33)),
  plain('JSON Web Token', jwt),
  within('bearer token', word(32), 'authorization: Bearer '),
  within('basic credentials', userAndPassword, 'Authorization: Basic '),
  within('password in a URL', word(14), 'https://ada:', '@example.com/path'),
  within('token in a URL', word(20), 'https://', '@example.com/repository.git'),
  within('password of a database', word(16), 'postgres://app:', '@db.internal:5432/orders'),
  within('key in a query string', word(24), 'https://api.example.com/v1?api_key=', '&page=2'),
  within('token in a query string', word(24), '/callback?state=ok&access_token=', '#done'),
  within('signed URL', hex(64), 'https://b.s3.amazonaws.com/o?X-Amz-Date=20260101T000000Z&X-Amz-Signature='),
  plain('e-mail address', 'grace.hopper.7q', '@', 'mail.example.org'),
  plain('credit card', '4111 1111', ' 1111 1111'),
  plain('credit card without blanks', '55555555', '55554444'),
  plain('IBAN', 'DE89 3704 0044', ' 0532 0130 00'),
  plain('social security number', '219', '-09-', '9999'),
  {
    kind: 'private key',
    secret: pem.split('\n')[2]!,
    written: `${pemOf('RSA')}\n${pem}\n${pemOf('RSA').replace('BEGIN', 'END')}`,
  },
  { kind: 'private key cut off', secret: pem.split('\n')[4]!, written: `${pemOf('')}\n${pem}` },
  within('cookie', word(26), 'Cookie: theme=dark; sid=', '; lang=en'),
  within('set-cookie', word(26), 'set-cookie: session=', '; HttpOnly; Path=/'),
  within('session id in a URL', word(26), 'https://example.com/shop?sessionid=', '&item=1'),
  within('password in JSON', `${word(10)}!x`, '{"user":"ada","password":"', '"}'),
  within('secret in JSON within JSON', word(20), '{"body":"{\\"clientSecret\\":\\"', '\\"}"}'),
  within('password in a sentence', word(12), 'The password is ', '.'),
  within('environment variable', word(24), 'export SERVICE_TOKEN="', '"'),
  within('key in code', word(24), "const apiKey = '", "';"),
  within('command line option', word(18), 'mysql --host db --password ', ' orders'),
  within('curl user', word(18), 'curl -u ada:', ' https://example.com'),
  within('x-api-key header', word(30), 'x-api-key: '),
  within('Telegram bot token in a URL', `AA${word(33)}`, 'https://api.telegram.org/bot7123456789:', '/sendMessage'),
  within('authorization of another scheme', word(30), 'Authorization: token '),
  within('header as name and value', word(30), '{"name":"authorization","value":"', '"}'),
  within('key in an XML attribute', word(20), '<add key="ApiKey" value="', '"/>'),
  within('password in an XML element', word(14), '<server><password>', '</password></server>'),
  within('password in SQL', word(14), "ALTER USER app WITH PASSWORD '", "'"),
  within('password in SQL of MySQL', word(14), "CREATE USER app IDENTIFIED BY '", "'"),
  within('PGPASSWORD', word(14), 'PGPASSWORD=', ' psql -h db'),
  within('key in a text of three quotes', word(20), 'api_key = """', '"""'),
  plain('e-mail address in a URL', 'grace.hopper.8q', '%40', 'mail.example.org'),
  plain('key without a digit', 'sk', '-', 'aBcDEfgHiJKlmNOpQrStUVwxYzABcdEf'),
  plain('Google AI Studio key', 'AQ', '.Ab', word(50)),
  plain('Together key', 'tg', 'p_v1_', word(43)),
  plain('Fireworks key', 'fw', '_', word(24)),
  plain('Voyage key', 'pa', '-', word(43)),
  plain('Firecrawl key', 'fc', '-', hex(32)),
  plain('Notion secret', 'se', 'cret_', word(43)),
  plain('Discord bot token', 'MTk4NjIyNDgzNDcxOTI1MjQ4', '.Cl2FMQ.', word(27)),
  plain('Docker Hub token', 'dc', 'kr_pat_', word(27)),
  plain('RubyGems key', 'ru', 'bygems_', hex(48)),
  plain('PlanetScale token', 'ps', 'cale_tkn_', word(40)),
  plain('Vercel token', 'vc', 'p_', word(24)),
  within('Terraform token', `at${'lasv1'}.${word(60)}`, `${word(14)}.`),
  plain('Mapbox token', 'sk', '.', base64(`{"u":"ada","a":"${word(12)}"}`), '.', word(22)),
];
