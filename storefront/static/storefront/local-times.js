// Write the times of a page in the reader's own zone, as the page's language writes them.
const language = `${document.documentElement.lang}-u-nu-latn-ca-gregory-hc-h23`.replace(/^en-/, "en-GB-");
const year = new Date().getFullYear();
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  const day = { day: "numeric", month: "long", ...(at.getFullYear() === year ? {} : { year: "numeric" }) };
  time.title = time.textContent;
  time.textContent = at.toLocaleString(language, { ...day, hour: "2-digit", minute: "2-digit" });
}
