import { describe, expect, it } from 'vitest';
import type { Trace } from '../../../src/analyze/model/trace.ts';
import { isCancelled } from '../../../src/analyze/semantics/cancellation.ts';
import { traceFrom } from '../../support/trace-from.ts';
import { tracesOf } from '../../support/traces-of.ts';

const traceWith = (attributes: Record<string, string>): Trace => traceFrom([{ id: 'S', start: 0, end: 1, attributes }]);

describe('a cancelled span', () => {
  it.each([
    ['error.type', 'asyncio.exceptions.CancelledError'],
    ['error.type', 'AbortError'],
    ['exception.type', 'System.Threading.Tasks.TaskCanceledException'],
    ['exception.message', 'The operation was aborted'],
    ['error.message', 'context canceled'],
  ])('says so in %s: %s', (key, value) => expect(isCancelled(traceWith({ [key]: value }), 0)).toBe(true));

  it.each([
    ['error.type', 'TimeoutError'],
    ['exception.message', 'connection refused'],
    ['http.route', '/orders/cancel'],
  ])('is not one with %s: %s', (key, value) => expect(isCancelled(traceWith({ [key]: value }), 0)).toBe(false));

  it('may say so in the message of its status', () => {
    const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7', name: 'S' };
    const times = { startTimeUnixNano: '1000', endTimeUnixNano: '2000' };
    const [trace] = tracesOf(
      Buffer.from(
        JSON.stringify({
          resourceSpans: [
            {
              scopeSpans: [
                { spans: [{ ...span, ...times, status: { code: 2, message: 'request cancelled by user' } }] },
              ],
            },
          ],
        }),
      ),
    ) as [Trace];
    expect(isCancelled(trace, 0)).toBe(true);
  });

  it('leaves nothing else of a message in the table', () => {
    const trace = traceWith({ 'exception.message': 'cancelled: secret of the caller' });
    expect(trace.attribute(0, 'exception.message')).toBe('cancelled');
    expect(traceWith({ 'error.message': 'secret of the caller' }).attribute(0, 'error.message')).toBe('');
  });
});
