// Starts GraphiQL with what the page says: where to ask, with which headers, and what at first.
"use strict";

const { url, headers } = JSON.parse(document.getElementById("start").textContent);
const ask = GraphiQL.createFetcher({ url });

// GraphiQL first asks for the schema before its headers tab is there to be read.
const fetcher = (asked, options) =>
  ask(asked, asked.operationName === "IntrospectionQuery" ? { headers, ...options } : options);

// The dialogs' own style is made with this nonce; without it the page's policy refuses it.
window.__webpack_nonce__ = document.getElementById("starter").nonce;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: document.getElementById("example").textContent,
    defaultHeaders: JSON.stringify(headers, null, 2),
    defaultEditorToolsVisibility: "headers",
    // Its history keeps headers, which are credentials: they go when the tab is closed.
    storage: window.sessionStorage,
  }),
);
