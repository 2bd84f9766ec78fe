import { deepEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";

// Apollo Client as its own guide sets it up: a cache that merges pages, and headers from a link.
export function apollo({ url }, headers) {
  const signing = new SetContextLink((before) => ({
    headers: { ...before.headers, ...headers() },
  }));
  const fields = { customerDownloadableProducts: relayStylePagination() };
  const client = new ApolloClient({
    link: signing.concat(new HttpLink({ uri: url })),
    cache: new InMemoryCache({ typePolicies: { Query: { fields } } }),
  });

  async function query(document, variables) {
    const asked = { query: gql(document), variables, fetchPolicy: "network-only" };
    return (await client.query(asked)).data;
  }

  async function mutate(document, variables) {
    return (await client.mutate({ mutation: gql(document), variables })).data;
  }

  async function pages(document, variables) {
    const watched = client.watchQuery({ query: gql(document), variables });
    const listening = watched.subscribe(() => {});
    const first = await firstValueFrom(watched.pipe(filter(({ loading }) => !loading)));
    const read = [first.data];
    const last = () => read.at(-1).customerDownloadableProducts.pageInfo;
    while (last().hasNextPage) {
      const more = await watched.fetchMore({ variables: { after: last().endCursor } });
      read.push(more.data);
    }
    listening.unsubscribe();
    const kept = client.readQuery({ query: gql(document) }).customerDownloadableProducts;
    const came = read.flatMap((page) => page.customerDownloadableProducts.edges);
    deepEqual(kept.edges, came, "the cache lacks what came");
    return read;
  }

  return { query, mutate, pages, byHash: byHash(url, signing), stop: () => client.stop() };
}

// Apollo Client with its link for persisted queries. Returns a function that asks twice, and tells
// what was answered and what was sent for that.
function byHash(url, signing) {
  return async function ask(document, useGETForHashedQueries) {
    const sent = [];
    const watched = (address, options) => {
      const asked = options.body ?? new URL(address).search;
      sent.push(`${options.method} ${/\bquery["=]/.test(asked) ? "query" : "hash"}`);
      return fetch(address, options);
    };
    const sha256 = (text) => createHash("sha256").update(text).digest("hex");
    const hashing = new PersistedQueryLink({ sha256, useGETForHashedQueries });
    const http = new HttpLink({ uri: url, fetch: watched });
    const link = signing.concat(hashing).concat(http);
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    const asked = { query: gql(document), fetchPolicy: "network-only" };
    const answered = [await client.query(asked), await client.query(asked)];
    client.stop();
    return { sent, names: answered.map(({ data }) => data.customerDownloadableProduct.name) };
  };
}
