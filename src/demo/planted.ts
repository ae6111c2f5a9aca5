/**
 * What is wrong with the demo's agent, on purpose. The pipeline is built from these numbers and the analysis is graded
 * against them. Whatever is graded differs by at least 100 ms from what it must be told from.
 */
export const PLANTED = {
  /** At once, each its own trace; enough for a p95. */
  runs: 20,
  /** Of them, these wait longer for the search vendor. */
  slowRuns: [6, 13],

  /** A page at a time, one after another, where the vendor could give many. */
  pageTool: 'fetch_page',
  pages: 6,
  pageMs: 70,

  /** One query for the orders, then one for the items of each. */
  itemQuery: 'SELECT sku, quantity FROM order_items WHERE order_id = $1',
  orders: 8,
  itemMs: 30,

  /** Asked for by the model in one turn, needing nothing of each other, run in turn. */
  serialTools: ['get_customer', 'get_return_policy'],
  serialMs: 120,

  /** The party that holds most of the critical path. */
  slowVendor: 'api.search-vendor.example',
  searches: 2,
  searchMs: 450,
  slowSearchMs: 1100,

  modelVendor: 'api.model-vendor.example',
  modelMs: 130,
  /** The final answer is streamed. */
  firstChunkMs: 120,
  chunks: 4,
  chunkMs: 30,

  database: 'db.demo.internal',
} as const;
