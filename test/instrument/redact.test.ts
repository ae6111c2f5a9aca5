import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { redactAssignments } from '../../src/instrument/redact/assignments.ts';
import { redactNumbers } from '../../src/instrument/redact/numbers.ts';
import { redactPrivateKeys } from '../../src/instrument/redact/private-keys.ts';
import { suspectsIn } from '../../src/instrument/redact/suspicion.ts';
import { redactEmails, redactHeaders, redactTokens } from '../../src/instrument/redact/tokens.ts';
import { redactUrls } from '../../src/instrument/redact/urls.ts';
import { redactNamed, redactText, redactValue, setUserRedact } from '../../src/instrument/redact.ts';
import { PLANTED_SECRETS } from '../support/secrets.ts';

const PASSES = {
  redactPrivateKeys,
  redactTokens,
  redactUrls,
  redactHeaders,
  redactAssignments,
  redactEmails,
  redactNumbers,
};

describe('a secret', () => {
  it('is of at least 30 kinds here, none of them named twice', () => {
    expect(new Set(PLANTED_SECRETS.map(({ kind }) => kind)).size).toBe(PLANTED_SECRETS.length);
    expect(PLANTED_SECRETS.length).toBeGreaterThanOrEqual(30);
  });

  describe.each(PLANTED_SECRETS)('$kind', ({ secret, written }) => {
    it.each<[string, (text: string) => string]>([
      ['alone', (text) => text],
      ['in a sentence', (text) => `Before ${text} behind it.`],
      ['on a line', (text) => `marker\n${text}\nmarker`],
      ['in JSON', (text) => JSON.stringify({ message: `marker ${text} marker` })],
      ['in JSON, at the start of a line', (text) => JSON.stringify({ message: `marker\n${text}\nmarker` })],
      ['in JSON within JSON', (text) => JSON.stringify({ body: JSON.stringify({ text: `a\n${text}` }) })],
    ])('is taken out %s', (_where, write) => {
      const clean = redactText(write(written));
      expect(clean).not.toContain(secret);
      expect(clean).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(clean).toContain('[redacted');
    });
  });

  it('is taken out for its name alone', () => {
    expect(redactNamed('password', 'hunter2')).toBe('[redacted]');
    expect(redactNamed('http.request.header.authorization', 'abc')).toBe('[redacted]');
    expect(redactNamed('http.request.header.content-type', 'text/plain')).toBe('text/plain');
    expect(redactValue('http.request.header.cookie', ['a=1', 'b=2'])).toEqual(['[redacted]', '[redacted]']);
    expect(redactValue('gen_ai.usage.input_tokens', 12)).toBe(12);
  });

  it('is counted', () => {
    const tally = { redacted: 0 };
    redactText(`${PLANTED_SECRETS[0]!.written} and ${PLANTED_SECRETS[3]!.written}`, tally);
    redactNamed('password', 'x', tally);
    expect(tally.redacted).toBe(3);
  });

  it('is a card beside other numbers, too', () => {
    const card = ['4111', '1111', '1111', '1111'].join(' ');
    expect(redactText(`Order 35 ${card} 12 34`)).toBe('Order 35 [redacted card] 12 34');
    expect(redactText(`${card} ${card.replaceAll(' ', '-')}`)).toBe('[redacted card] [redacted card]');
  });

  it('leaves what stands around it', () => {
    expect(redactText('GET https://ada:pw7@example.com/a?page=2&api_key=1234567a#top')).toBe(
      'GET https://[redacted]@example.com/a?page=2&api_key=[redacted]#top',
    );
    expect(redactText('{"password":"a1b2c3","pin_code":17,"cvv":123,"user":"ada"}')).toBe(
      '{"password":"[redacted]","pin_code":17,"cvv":0,"user":"ada"}',
    );
  });
});

describe('an ordinary text stays as it is', () => {
  it.each<[string, string]>([
    ['prose', 'The secret of a good token economy is that the key players pass the ball; basic rules apply to all.'],
    ['prose about passwords', 'Reset your password: click the link below. The token is invalid or has expired.'],
    ['a question', 'How do I pass a Bearer token to fetch? Is an API key required?'],
    ['a model', 'gpt-4.1-mini-2025-04-14'],
    ['models named like keys', 'xai-grok-4-fast-reasoning-latest, xai-grok-4-0709-preview-edition'],
    ['a model of Bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['an ARN', 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0'],
    ['a UUID', '3f2b8c1e-5a6d-4e7f-8a9b-0c1d2e3f4a5b'],
    ['a trace id', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['a traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['a SHA-256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['an id of an answer', 'chatcmpl-CJ0pXvXWkT4q9wZlkqgPqkQxwYx7a'],
    ['an id of a tool call', 'toolu_01A09q90qw90lq917835lq9'],
    ['an id of a message', 'msg_013Zva2CMHLNnjNjJKqJ2EF'],
    ['a time', '2026-11-27T18:29:34.123456Z'],
    ['nanoseconds', '1764268174123456789'],
    ['milliseconds in JSON', '{"at":1764268174123,"durationMs":1234567890123456}'],
    [
      'SQL',
      "SELECT u.id, u.token_count FROM users u WHERE u.key = $1 AND u.region IN ('eu','us') ORDER BY u.id LIMIT 10",
    ],
    ['SQL with a key', 'ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (id); CREATE INDEX key_idx ON t (key, value)'],
    [
      'names of constraints',
      'violates unique constraint "pk_users_organization_memberships_2", pk_organization_user_role_v2',
    ],
    ['SQL with passwords to bind', "UPDATE users SET password = $1; CREATE USER app WITH PASSWORD '$PASSWORD'"],
    ['XML', '<token>a word</token> Map<string, Token>x1y2z3 Promise<Token> token12 <key>user:42</key>'],
    ['a form field', '<input name="city" value="Rome 7"/> {"key":"city","value":"Rome 7"}'],
    ['an escaped per cent', 'https://example.com/a%40b and 40%40'],
    ['a Redis command', 'HMGET cache:user:42 name plan'],
    ['a URL', 'https://api.openai.com/v1/chat/completions?stream=true&page_token=2&key_name=x&sort=id'],
    ['a URL with a port', 'http://localhost:4318/v1/traces'],
    ['a route', '/users/:id/orders/:orderId'],
    ['a git remote', 'git@github.com:acme/repository.git'],
    ['a package', '@modelcontextprotocol/sdk@1.32.2 and openai@7.57.0'],
    ['an image', 'icon@2x.png'],
    ['JavaScript', 'const token = tokens[i]; if (token.type === "key") return auth(token, options.password);'],
    ['JavaScript with types', 'function login(user: string, password: string, apiKey?: string): Promise<Token> {}'],
    ['Python', 'client = OpenAI(api_key=os.environ["OPENAI_API_KEY"], max_tokens=100)'],
    ['a shell', 'docker run --rm -u 1000:1000 -e OPENAI_API_KEY=$OPENAI_API_KEY -v /data:/data image'],
    ['CSS', '.key:hover { color: #4f46e5; } @media (min-width: 600px) { .token { margin: 0 } }'],
    ['Markdown', '| key | value |\n|---|---|\n| `max_tokens` | 4096 |\n\n- **Basic auth**: see below'],
    ['a JSON schema', '{"type":"object","properties":{"password":{"type":"string"},"api_key":{"type":"string"}}}'],
    [
      'settings of a model',
      '{"max_tokens":1024,"stop_token":"END","temperature":0.7,"top_p":1,"cache_key":"conversation-7"}',
    ],
    ['usage', '{"prompt_tokens":1024,"completion_tokens":311,"total_tokens":1335,"token_type":"input"}'],
    ['keys of an object', '{"key":"user:42","primary_key":"id","sort_key":"2026","keys":["a","b"]}'],
    ['a place in a list', '{"next_page_token":"CAUQAA12345","nextToken":"eyJ2MSI6MX0","continuation_token":"abc123"}'],
    [
      'a stack',
      'Error: x\n    at Object.<anonymous> (/app/node_modules/token-store/key.js:12:34)\n    at auth (file:///app/a.mjs:1:2)',
    ],
    ['an error of a network', 'connect ECONNREFUSED 127.0.0.1:5432'],
    ['a version', 'Node.js v20.20.2, SDK 0.214.0-beta.1+build.7'],
    ['an IP address', '2001:0db8:85a3:0000:0000:8a2e:0370:7334 and 192.168.178.21'],
    ['a phone number that is only a number', 'Order 0049-30-1234567 has 12 items'],
    ['numbers', '12 34 56 78 90 12 34 and 3.14159265358979 and 1,234,567.89'],
    ['a number that is no card', '1234567812345678'],
    ['a chess opening', '1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6'],
    ['Chinese', '密码是什么？请告诉我如何使用密钥。令牌已过期'],
    ['an image in base64', `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ'.repeat(50)}`],
    ['a vector', JSON.stringify(Array.from({ length: 50 }, (_, i) => Math.sin(i) / 7))],
    [
      'words that begin as keys do',
      'task-list-with-a-long-name, pk-lookup, skip-the-next-twenty-lines, key-value, hf_transformers',
    ],
    ['a class', 'npm_config_registry, github_pattern, patterns, dapier, ghost_writer, SKELETON, ACCOUNT'],
  ])('%s', (_what, text) => {
    expect(redactText(text)).toBe(text);
    expect(redactText(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
  });
});

/** Texts made of what the rules look for, and pieces of it. */
const fragment = fc.oneof(
  fc.constantFrom(...PLANTED_SECRETS.map(({ written }) => written)),
  fc.constantFrom(...PLANTED_SECRETS.map(({ written }) => JSON.stringify(written))),
  fc
    .constantFrom(...PLANTED_SECRETS.map(({ written }) => written))
    .chain((text) => fc.tuple(fc.nat(text.length), fc.nat(text.length)).map(([a, b]) => text.slice(a, b))),
  fc.constantFrom('password', 'token', 'api_key', 'secret is', 'Bearer ', 'basic ', 'cookie', '--token', '-u ', 'KEY'),
  fc.constantFrom(
    '=',
    ': ',
    ':',
    ' ',
    '"',
    "'",
    '\\',
    '\\n',
    '\n',
    '&',
    '?',
    '@',
    '://',
    '.',
    '-',
    '\\"',
    '[redacted]',
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const suspiciousText = fc.array(fragment, { maxLength: 8 }).map((parts) => parts.join(''));

describe('redaction', () => {
  afterEach(() => setUserRedact(undefined));

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(suspiciousText, (text) => {
        const once = redactText(text);
        expect(redactText(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves JSON JSON', () => {
    const json = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(suspiciousText, fc.oneof(suspiciousText, fc.integer(), fc.array(suspiciousText))),
      fc.array(suspiciousText).map((texts) => ({ body: JSON.stringify({ texts }) })),
      fc.dictionary(
        fc.constantFrom('password', 'cvv', 'token', 'Cookie', 'key'),
        fc.oneof(fc.string(), fc.jsonValue()),
      ),
    );
    fc.assert(
      fc.property(json, (value) => {
        JSON.parse(redactText(JSON.stringify(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('passes over nothing that one of its passes would have replaced', () => {
    fc.assert(
      fc.property(suspiciousText, (text) => {
        if (text.length < 6 || suspectsIn(text) !== 0) return;
        for (const pass of Object.values(PASSES)) expect(pass(text, { redacted: 0 })).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  it('asks the pass that finds something', () => {
    fc.assert(
      fc.property(suspiciousText, (text) => {
        let all = text;
        for (let round = 0; round < 4; round++) {
          for (const pass of Object.values(PASSES)) all = pass(all, { redacted: 0 });
        }
        expect(redactText(text)).toBe(text.length < 6 ? text : all);
      }),
      { numRuns: 2000 },
    );
  });

  it("hands every text to the user's function, and counts what that changed", () => {
    setUserRedact((text) => text.replaceAll('Project Blue', '[project]'));
    const tally = { redacted: 0 };
    expect(redactText('Project Blue starts', tally)).toBe('[project] starts');
    expect(redactText('other', tally)).toBe('other');
    expect(tally.redacted).toBe(1);
  });

  it.each<[string, (text: string) => string]>([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['returns no text', () => undefined as unknown as string],
  ])("hands nothing on where the user's function %s", (_what, redact) => {
    setUserRedact(redact);
    expect(redactText('anything at all')).toBe('[redacted]');
  });
});

const LENGTH = 100_000;

describe('redaction takes time in proportion to the length of', () => {
  const unit = [
    ...PLANTED_SECRETS.map(({ kind, written }) => [kind, written] as const),
    ...PLANTED_SECRETS.map(({ kind, written }) => [`a beginning of: ${kind}`, written.slice(0, -3)] as const),
    ...[
      'token:',
      'token: ',
      'token=',
      'password="',
      'password=\\"',
      "password='x",
      'token=\\\\\\"none',
      'cookie:',
      'cookie: a',
      'cookie: a=[redacted] ',
      'secret is ',
      'a@',
      'a.a@a.',
      'a.',
      '@',
      '://',
      'http://a',
      'http://a:b',
      '?a=',
      '&token=x?',
      '1 ',
      '1-',
      '4111 ',
      'GB82 ',
      'GB82WEST',
      'eyJ',
      'eyJaaaaaaaaaa.',
      'sk-',
      'sk-a',
      'SG.',
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN ',
      '-----',
      '--',
      '--token ',
      '-u a:',
      'bearer ',
      'basic a ',
      '\\',
      '\\"',
      '"',
      '\\u0041',
      ' ',
      '\n',
      'key',
      'KEY_',
      'passpass',
      'is is ',
      'a',
      '0',
      'A0',
      '000-00-0000 ',
      'hooks.slack.com/services/',
    ].map((text) => [JSON.stringify(text), text] as const),
  ];

  it.each(unit)('%s, again and again', (_what, text) => {
    const hostile = text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);
    const started = performance.now();
    redactText(hostile);
    redactText(`password="${hostile}`);
    // What is quadratic takes minutes for so much.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
