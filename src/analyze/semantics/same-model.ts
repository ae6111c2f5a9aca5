const VERSION = /^[-@:](\d{3,}|v\d|latest$)/;

/**
 * Whether two spans can mean the same model: `gpt-4o` and `openai/gpt-4o-2024-08-06` do, `gpt-4o` and `gpt-4o-mini` do
 * not.
 */
export function isSameModel(a: string, b: string): boolean {
  const [short, long] = [bare(a), bare(b)].sort((x, y) => x.length - y.length) as [string, string];
  return long.startsWith(short) && (long.length === short.length || VERSION.test(long.slice(short.length)));
}

const bare = (model: string): string => model.slice(model.lastIndexOf('/') + 1).toLowerCase();
