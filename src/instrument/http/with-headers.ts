/**
 * Options with other headers. The object that the program gave stays as it is; what is made of it has its prototype and
 * all its properties.
 */
export function withHeaders(options: object | null | undefined, headers: object): object {
  if (options === null || options === undefined) return { headers };
  const own = Object.getOwnPropertyDescriptors(options) as PropertyDescriptorMap;
  own.headers = { value: headers, writable: true, enumerable: true, configurable: true };
  return Object.create(Object.getPrototypeOf(options) as object | null, own) as object;
}

/** The same for an object that may be an instance of a class with private fields, such as a `Request`. */
export function viewWithHeaders(options: object | null | undefined, headers: object): object {
  const prototype = (options ?? {}) === options ? Object.getPrototypeOf(options) : null;
  if (prototype === null || prototype === Object.prototype) return withHeaders(options, headers);
  return new Proxy(options as object, {
    get: (target, key) => (key === 'headers' ? headers : Reflect.get(target, key, target)),
  });
}
