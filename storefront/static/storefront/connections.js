// While the first message is awaited: look every few seconds, and show the light as it is by then.
const EVERY = 4000;
const LONGEST = 15 * 60 * 1000;
const until = Date.now() + LONGEST;

async function look() {
  const light = document.getElementById("light");
  if (!light || !("waiting" in light.dataset) || Date.now() > until) return;
  if (!document.hidden) {
    try {
      const response = await fetch(location.href, { credentials: "same-origin" });
      if (response.ok && !response.redirected) {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const now = page.getElementById("light");
        if (now && now.textContent !== light.textContent) {
          light.replaceChildren(...now.childNodes);
          if (!("waiting" in now.dataset)) delete light.dataset.waiting;
        }
      }
    } catch {
      // The line will be back, or the person looks again.
    }
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
