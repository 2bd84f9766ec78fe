// Lives a customer's day with a stock client; prints what it was given, as JSON.
// Its input: {"client", "url", "key", "email", "password", "documents"}, and "get" for urql.
import { text } from "node:stream/consumers";
import { buildClientSchema, getIntrospectionQuery, printSchema } from "graphql";
import { apollo } from "./apollo.mjs";
import { urql } from "./urql.mjs";

const CLIENTS = { apollo, urql };
const given = JSON.parse(await text(process.stdin));
const { documents, email, password } = given;

let token;
const headers = () => ({
  "X-STOREFRONT-KEY": given.key,
  ...(token && { Authorization: `Bearer ${token}` }),
});
const client = CLIENTS[given.client](given, headers);

async function refusal() {
  try {
    await client.query(documents.download);
  } catch (error) {
    return error.message;
  }
  return null;
}

async function signIn(secret) {
  const variables = { email, password: secret };
  const { createCustomerLogin } = await client.mutate(documents.signIn, variables);
  return createCustomerLogin.customerLogin;
}

const day = {};
const told = await client.query(getIntrospectionQuery());
day.schema = printSchema(buildClientSchema(told));
day.before = await refusal();
day.mistyped = await signIn(`${password}?`);
day.signed_in = await signIn(password);
token = day.signed_in.token;
day.download = (await client.query(documents.download)).customerDownloadableProduct;
const pages = await client.pages(documents.downloads, { first: 2 });
day.pages = pages.map((page) => page.customerDownloadableProducts);
if (client.byHash) {
  day.by_hash = await client.byHash(documents.download, false);
  day.by_hash_in_address = await client.byHash(documents.download, true);
}
day.verified = (await client.mutate(documents.verify)).createVerifyToken.verifyToken;
day.signed_out = (await client.mutate(documents.signOut)).createLogout.logout;
day.after = await refusal();

// Both clients ask for each object's type, which is theirs to know.
const untyped = (name, value) => (name === "__typename" ? undefined : value);
console.log(JSON.stringify(day, untyped));
client.stop();
