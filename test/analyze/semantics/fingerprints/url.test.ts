import { describe, expect, it } from 'vitest';
import { fingerprintHttp, hostTemplate, pathTemplate } from '../../../../src/analyze/semantics/fingerprints/url.ts';

describe('the template of a path', () => {
  it.each([
    ['/users/42', '/users/{id}'],
    ['/users/42/', '/users/{id}'],
    ['/a/550e8400-e29b-41d4-a716-446655440000/b', '/a/{id}/b'],
    ['/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/{id}'],
    ['/c/deadbeef01', '/c/{id}'], // hex of ten with a digit
    ['/c/deadbeefab', '/c/deadbeefab'], // without a digit it is a word
    ['/c/abc12', '/c/abc12'],
    ['/order-2024-000000123456', '/{id}'], // sixteen and more with a digit
    ['/f/AbCdEfGhIjKlMnOpQrStUv', '/f/{id}'], // base64url in mixed case
    ['/getCustomerInformationById', '/getCustomerInformationById'],
    ['/authentication-and-registration', '/authentication-and-registration'],
    ['/weather/2643743.json', '/weather/{id}.json'],
    ['/reports/2024-05-06', '/reports/{id}'],
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/a;jsessionid=9/b', '/a/b'],
    ['/', '/'],
    ['', ''],
  ])('of %s is %s', (path, expected) => {
    expect(pathTemplate(path)).toBe(expected);
  });
});

describe('the template of a host', () => {
  it.each([
    ['api.vendor.com', 'api.vendor.com'],
    ['acme-550e8400e29b41d4.vendor.com', '{id}.vendor.com'],
    ['10-0-3-4.ns.pod.cluster.local', '{id}.ns.pod.cluster.local'],
    ['api-7d9f8b6c5-x2x4z.ns.svc.cluster.local', 'api-{id}.ns.svc.cluster.local'],
    ['10.0.3.4', '{ip}'],
    ['fe80::1', '{ip}'],
    ['localhost', 'localhost'],
  ])('of %s is %s', (host, expected) => {
    expect(hostTemplate(host)).toBe(expected);
  });
});

describe('the fingerprint of a request', () => {
  it('is method, host, template and the sorted names of the query', () => {
    const request = {
      method: 'GET',
      host: 'api.vendor.com',
      target: 'https://api.vendor.com:8443/users/42?z=1&a=2&a=3#top',
    };
    expect(fingerprintHttp(request).text).toBe('GET api.vendor.com/users/{id}?a&z');
  });

  it('prefers a recorded template', () => {
    const request = { method: 'GET', host: 'h.com', target: '/users/alice', template: '/users/{name}' };
    expect(fingerprintHttp(request).text).toBe('GET h.com/users/{name}');
  });

  it('takes the whole address of a read as its value, and hides the body of a write', () => {
    const of = (method: string, target: string) => fingerprintHttp({ method, host: 'h', target });
    expect(of('GET', '/a/1?q=x').value).toBe(of('GET', '/a/1?q=x').value);
    expect(of('GET', '/a/1?q=x').value).not.toBe(of('GET', '/a/1?q=y').value);
    expect(of('GET', '/a/1')).toMatchObject({ complete: true, writes: false });
    expect(of('POST', '/a/1')).toMatchObject({ complete: false, writes: true });
    expect(of('', '/a/1')).toMatchObject({ complete: false, writes: false });
  });

  it('has no value where no address is recorded', () => {
    expect(fingerprintHttp({ method: 'GET', host: 'h.com' })).toMatchObject({
      text: 'GET h.com',
      value: undefined,
      detail: 1,
    });
    expect(fingerprintHttp({ method: 'GET' })).toMatchObject({ text: 'GET', detail: 0 });
  });

  it('names the parameters by which answers are paged', () => {
    const { parameters } = fingerprintHttp({ method: 'GET', host: 'h', target: '/list/page/3?cursor=abc&q=x' });
    expect([...(parameters ?? [])]).toEqual([
      ['page/3', '3'],
      ['cursor', 'abc'],
      ['q', 'x'],
    ]);
  });
});
