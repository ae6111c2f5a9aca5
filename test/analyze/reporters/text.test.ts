import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainText, reporters } from '../../../src/analyze/reporters/index.ts';
import { textReport } from '../../../src/analyze/reporters/text.ts';
import type { FakeTrace } from '../aggregate/fake-facts.ts';
import { agentRun, everythingRun } from '../aggregate/fake-runs.ts';
import { manyRunsReport, oneRunReport, sampleReport } from './sample-reports.ts';

const at = (width: number) => ({ color: false, width, ascii: false });
const lines = (text: string): string[] => text.split('\n');

describe('the answer for many runs', () => {
  it('in 120 columns', () => {
    expect(textReport(manyRunsReport(), at(120))).toBe(`\
agent › answer · 20 runs · 20 Nov 2026 14:00–14:19 UTC
Half of the runs take 8.2 s or more; 1 in 20 takes over 8.2 s.
api.openai.com holds 65 % of the critical path: 2 calls a run.
The slowest 5 % (1 run) takes 9.5 s longer; 100 % of that is api.openai.com.
  slowest run (17.7 s) http://ui/trace/00000000000000000000000000000a19
[api.openai.com 65 % | own code 35 %]

#  severity    what to change                                    saves  sure     seen in
1  ✗ critical  web_search called 9× in a row (N+1)  −2.4 s [1.6–2.4 s]  high  20/21 runs
    fix: one batched search (in agent › answer)
    open http://ui/trace/000000000000000000000000000000a0?uiFind=s0%20r

Critical path by operation
share   path time     p50     p95  spans  operation
 65 %  1 min 54 s   2.9 s   2.9 s     40  agent › chat gpt · llm
 31 %      54.0 s  300 ms  300 ms    180  agent › web_search · tool
  3 %       6.0 s   8.2 s   8.2 s     20  agent › answer · agent
  1 %       2.0 s     n/a     n/a      1  agent › ingest

Entry points, by total time
entry point     runs  failed    p50    p95   time
agent › answer    20       0  8.2 s  8.2 s   99 %
agent › ingest     1       1    n/a    n/a    1 %
all               21       1                100 %
`);
  });

  it('in 80 columns, where the range of a saving stands below', () => {
    const text = lines(textReport(manyRunsReport(), at(80)));
    expect(text.slice(3, 11)).toEqual([
      'The slowest 5 % (1 run) takes 9.5 s longer; 100 % of that is api.openai.com.',
      '  slowest run (17.7 s) http://ui/trace/00000000000000000000000000000a19',
      '[api.openai.com 65 % | own code 35 %]',
      '',
      '#  severity    what to change                        saves  sure     seen in',
      '1  ✗ critical  web_search called 9× in a row (N+1)  −2.4 s  high  20/21 runs',
      '    saves 1.6–2.4 s; fix: one batched search (in agent › answer)',
      '    open http://ui/trace/000000000000000000000000000000a0?uiFind=s0%20r',
    ]);
  });

  it('in 40 columns, as lists', () => {
    expect(textReport(manyRunsReport({ uiBase: undefined }), at(40))).toBe(`\
agent › answer · 20 runs · 20 Nov 2026
14:00–14:19 UTC
Half of the runs take 8.2 s or more; 1
in 20 takes over 8.2 s.
api.openai.com holds 65 % of the
critical path: 2 calls a run.
The slowest 5 % (1 run) takes 9.5 s
longer; 100 % of that is api.openai.com.
[api.openai.com 65 % | own code 35 %]

1 ✗ critical, high confidence
  web_search called 9× in a row (N+1)
  saves −2.4 s [1.6–2.4 s], seen in
  20/21 runs
  fix: one batched search (in agent ›
  answer)

Critical path by operation
  65 % agent › chat gpt · llm
  31 % agent › web_search · tool
  3 % agent › answer · agent
  1 % agent › ingest

Entry points, by total time
  agent › answer: 20 runs, 99 % of the
  time
  agent › ingest: 1 run, 1 % of the time
  all: 21 runs, 100 % of the time
`);
  });

  it('says which percentiles cannot be told yet', () => {
    const runs = Array.from({ length: 7 }, (_, i) => agentRun(`${i}`));
    expect(lines(textReport(sampleReport(runs), at(100)))[1]).toBe(
      'Half of the runs take 8.2 s or more (the slowest 1 in 20: n = 7, too few).',
    );
    expect(lines(textReport(sampleReport(runs.slice(0, 2)), at(100)))[1]).toBe(
      'How long runs take cannot be said yet (n = 2 complete: too few).',
    );
  });

  it('names what holds more of the path than the first party', () => {
    const own = (id: string): FakeTrace => ({
      ...agentRun(id),
      spans: [
        { id: 'r', start: 0, end: 10e9, name: 'answer' },
        { id: 'c', parent: 'r', start: 0, end: 2e9, name: 'chat', party: manyParty },
      ],
      segments: [
        { span: 'c', start: 0, end: 2e9, kind: 'self', bucket: 'party' },
        { span: 'r', start: 2e9, end: 10e9, kind: 'self', bucket: 'internal' },
      ],
      occurrences: [],
    });
    const manyParty = {
      name: 'llm.example.com',
      vendor: 'x',
      class: 'third_party',
      rule: 'r',
      confidence: 'high',
    } as const;
    const text = lines(textReport(sampleReport([own('a'), own('b'), own('c'), own('d')]), at(120)));
    expect(text[2]).toBe(
      'llm.example.com holds 20 % of the critical path: 1 call a run; internal services hold more, 80 %.',
    );
    expect(text[4]).toBe('[llm.example.com 20 % | internal services 80 %]');
  });
});

describe('the answer for one run', () => {
  it('tells the run and its path in order, with links', () => {
    expect(textReport(oneRunReport(), at(100))).toBe(`\
agent › answer · 1 run · 20 Nov 2026 14:00 UTC
This run took 8.2 s. 5.2 s (63 %) was api.openai.com (2 calls), 3.0 s (37 %) own code.
[api.openai.com 63 % | own code 37 %]

#  severity    what to change                                    saves  sure  seen in
1  ✗ critical  web_search called 9× in a row (N+1)  −2.4 s [1.6–2.4 s]  high  1/1 run
    fix: one batched search (in agent › answer)
    open http://ui/trace/000000000000000000000000000000a1?uiFind=s0%20r

The critical path in order of time
     at   takes  share  step
   +0 s  100 ms    1 %  answer · agent
    open http://ui/trace/000000000000000000000000000000a1?uiFind=r
+100 ms   2.9 s   35 %  chat gpt · llm · api.openai.com
    open http://ui/trace/000000000000000000000000000000a1?uiFind=c1
 +3.0 s   2.7 s   33 %  9 × web_search · tool
    open http://ui/trace/000000000000000000000000000000a1?uiFind=s0
 +5.7 s  100 ms    1 %  answer · agent
    open http://ui/trace/000000000000000000000000000000a1?uiFind=r
 +5.8 s   2.3 s   28 %  chat gpt · llm · api.openai.com
    open http://ui/trace/000000000000000000000000000000a1?uiFind=c2
 +8.1 s  100 ms    1 %  answer · agent
    open http://ui/trace/000000000000000000000000000000a1?uiFind=r
`);
  });

  it('adds the operations where the steps leave much of the path unsaid', () => {
    const calls = Array.from({ length: 40 }, (_, i) => ({ id: `c${i}`, start: i * 25e6, end: (i + 1) * 25e6 }));
    const run: FakeTrace = {
      id: 'a',
      spans: [
        { id: 'r', start: 0, end: 1e9, name: 'answer' },
        ...calls.map(({ id, start, end }, i) => ({ id, parent: 'r', start, end, name: i % 2 === 0 ? 'think' : 'act' })),
      ],
      segments: calls.map(({ id, start, end }) => ({ span: id, start, end, kind: 'self', bucket: 'code' })),
    };
    const sections = textReport(sampleReport([run], { uiBase: undefined }), at(100))
      .trimEnd()
      .split('\n\n');
    expect(lines(sections[2] ?? '')).toHaveLength(10);
    expect(lines(sections[3] ?? '')).toEqual([
      'Critical path by operation',
      'share  path time    p50    p95  spans  operation',
      ' 50 %     500 ms  25 ms  25 ms     20  agent › act',
      ' 50 %     500 ms  25 ms  25 ms     20  agent › think',
    ]);
  });

  it('in colour differs by colour alone', () => {
    const colored = textReport(oneRunReport(), { ...at(100), color: true });
    expect(colored).toContain('\u001b[31m✗ critical\u001b[39m');
    expect(stripVTControlCharacters(colored)).toBe(textReport(oneRunReport(), at(100)));
  });

  it('in ASCII has words and signs that every terminal knows', () => {
    const text = textReport(oneRunReport(), { ...at(80), ascii: true });
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(lines(text)[0]).toBe('agent > answer - 1 run - 20 Nov 2026 14:00 UTC');
    expect(lines(text)[6]).toBe('1  x critical  web_search called 9x in a row (N+1)  -2.4 s  high  1/1 run');
  });

  it('says what sampling has left out', () => {
    const losses = { deliveryId: '', dropped: 0, refused: 0, sampledOut: 40 };
    const run: Parameters<typeof sampleReport>[0][number] = {
      id: 'a',
      spans: [{ id: 'r', start: 0, end: 1e9, name: 'answer', service: 'agent', losses }],
      segments: [{ span: 'r', start: 0, end: 1e9, kind: 'self', bucket: 'code' }],
    };
    const text = lines(textReport(sampleReport([run], { uiBase: undefined }), at(120)));
    expect(text).toContain(
      'Sampled: 40 spans were left out on purpose, of agent; what is said is of the runs that were kept.',
    );
    expect(text.join('\n')).not.toContain('Lost:');
  });

  it('says what is missing and what was odd', () => {
    const report = sampleReport([everythingRun('e')], {
      uiBase: undefined,
      partialReasons: ['limit', 'cut_input'],
      skipped: [{ source: 'x.json', line: 3, reason: 'no id', count: 2 }],
    });
    const text = lines(textReport(report, at(120)));
    expect(text.slice(0, 4)).toEqual([
      'agent › answer · 1 run · failed · 20 Nov 2026 14:00 UTC · incomplete',
      'Not everything was analysed: an input is cut off or broken in places; the limit on traces was reached.',
      'Skipped in x.json line 3: no id (2×).',
      'This run took 100 ms. 30 ms (30 %) was api.openai.com (1 call), 30 ms (30 %) own code, 30 ms (30 %) internal services.',
    ]);
    expect(text).toContain(
      '    no time claimed: the trace is incomplete; fix: one batched search (in agent › planner)',
    );
    expect(text.slice(-8)).toEqual([
      '1 run is incomplete (lost spans, or still running): no savings claimed there.',
      'Lost: 12 spans were dropped by the instrumentation (no room) and 1 span was refused by a receiver, of agent.',
      'Sampled: 40 spans were left out on purpose, of agent; what is said is of the runs that were kept.',
      'Data: 1 span shares an id with another (renamed id#n); 1 parent is missing; 1 span has no end; 1 clock difference taken',
      'out.',
      'Rules: 1 could not look: add `gen_ai.tool.name`.',
      'Broken rules: n_plus_one; please report it.',
      '',
    ]);
  });
});

describe('findings', () => {
  const findingLines = (run: Partial<FakeTrace>): string[] =>
    lines(textReport(sampleReport([agentRun('a', run)], { uiBase: undefined }), at(120)).split('\n\n')[1] ?? '');

  it('that do not exist are not the same as rules that could not look', () => {
    expect(findingLines({ occurrences: [] })).toEqual(['No waste found by 2 rules.']);
    const blind = [{ detector: 'redundant_call', needs: ['gen_ai.tool.name', 'ta.args_hash'], spans: 3 }];
    expect(findingLines({ occurrences: [], blind })).toEqual([
      'No waste found by 2 rules. 1 could not look: add `gen_ai.tool.name`, `ta.args_hash`.',
    ]);
    expect(findingLines({ occurrences: [], ran: [] })).toEqual(['No rule looked for waste.']);
  });

  it('with low confidence stand apart, and keep their rank', () => {
    const maybe = { id: 'aaaaaaaaaaaa', confidence: 'low', saving: { low: 0, likely: 3e9, high: 3e9 } } as const;
    const sure = { id: 'bbbbbbbbbbbb', saving: { low: 1e9, likely: 1e9, high: 1e9 }, count: 3 };
    expect(findingLines({ occurrences: [maybe, sure] })[1]).toMatch(/^2 {2}· info .* −1\.0 s {2}high/);
    const possible = textReport(sampleReport([agentRun('a', { occurrences: [maybe] })]), at(120)).split('\n\n');
    expect(possible[1]).toBe('No certain waste found by 2 rules.');
    expect(lines(possible[2] ?? '')[0]).toBe('Possible, not sure');
    expect(lines(possible[2] ?? '')[2]).toMatch(/^1 {2}· info .*−3\.0 s \[0–3\.0 s\] {2}low/);
  });
});

describe('every text', () => {
  const hostile = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });

  it('shows no control character and no bidirectional mark that a trace may hold', () => {
    fc.assert(
      fc.property(
        fc.array(hostile, { minLength: 6, maxLength: 6 }),
        fc.constantFrom(30, 59, 60, 100),
        fc.boolean(),
        (s, width, ascii) => {
          const [id, name, service, subject, party, fix] = s.map((text) => `${text}\u001b[31m\u202e\n`) as [
            string,
            string,
            string,
            string,
            string,
            string,
          ];
          const run = agentRun(id);
          const spans = run.spans.map((span) => ({
            ...span,
            name: span.name === 'answer' ? name : subject,
            service,
            ...(span.party === undefined ? {} : { party: { ...span.party, name: party } }),
          }));
          const report = sampleReport([
            { ...run, spans, occurrences: [{ ...run.occurrences[0], subject, fix, service, operation: name }] },
          ]);
          const options = { color: false, width, ascii };
          const all = [
            ...reporters.text(report, options),
            ...reporters.text(report, { ...options, plain: true }),
            ...reporters.md(report, options),
            explainText(report, options),
          ].join('');
          expect(all.replace(/[\n\t\u200c\u200d]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
          if (ascii) expect(textReport(report, options)).toMatch(/^[\n\x20-\x7e]*$/);
        },
      ),
    );
  });

  it('is made of names thousands of characters long without delay', () => {
    const run = agentRun('a');
    const spans = run.spans.map((span) => ({ ...span, name: 'ä\u0301'.repeat(2000), service: '検'.repeat(4000) }));
    const text = textReport(sampleReport([{ ...run, spans }]), at(100));
    expect(Math.max(...lines(text).map((line) => line.length))).toBeLessThan(400);
  });
});
