import { Client, cacheExchange, fetchExchange } from "@urql/core";

// urql as its own guide sets it up. By itself it sends queries with GET; `get: false` is its own
// option for servers that want POST.
export function urql({ url, get }, headers) {
  const client = new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: () => ({ headers: headers() }),
    ...(get || { preferGetMethod: false }),
  });

  function given({ data, error }) {
    if (error) throw error.graphQLErrors[0] ?? error;
    return data;
  }

  async function query(document, variables = {}) {
    return given(await client.query(document, variables, { requestPolicy: "network-only" }));
  }

  async function mutate(document, variables = {}) {
    return given(await client.mutation(document, variables));
  }

  async function pages(document, variables) {
    const read = [await query(document, variables)];
    const last = () => read.at(-1).customerDownloadableProducts.pageInfo;
    while (last().hasNextPage) {
      read.push(await query(document, { ...variables, after: last().endCursor }));
    }
    return read;
  }

  return { query, mutate, pages, stop: () => {} };
}
