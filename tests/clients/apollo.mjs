import { deepEqual } from "node:assert/strict";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
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

  return { query, mutate, pages, stop: () => client.stop() };
}
