// A page that tells of work that goes on says after how many seconds it is to be looked at again. What differs is then
// changed where it stands: the keyboard, what was opened and scrolled stay, and only what is new is read out.
(() => {
  const key = (e) => e.id || e.getAttribute('aria-labelledby') || e.dataset?.kpi || e.classList[0] || '';
  const alike = (a, b) => a.nodeName === b.nodeName && (a.nodeType !== Node.ELEMENT_NODE || key(a) === key(b));

  const dress = (have, want) => {
    for (const { name, value } of want.attributes) if (have.getAttribute(name) !== value) have.setAttribute(name, value);
    for (const { name } of [...have.attributes]) if (!want.hasAttribute(name) && name !== 'open') have.removeAttribute(name);
  };
  const change = (have, want) => {
    if (have.nodeType !== Node.ELEMENT_NODE) {
      if (have.data !== want.data) have.data = want.data;
      return;
    }
    if (have.matches('[data-chart], figure:hover')) return; // drawn by script, from the data beside it; or just looked at
    dress(have, want);
    let at = have.firstChild;
    for (const wanted of [...want.childNodes]) {
      let found = at;
      while (found && !alike(found, wanted)) found = found.nextSibling;
      if (!found) {
        have.insertBefore(document.importNode(wanted, true), at);
        continue;
      }
      while (at !== found) {
        const gone = at;
        at = at.nextSibling;
        gone.remove();
      }
      change(found, wanted);
      at = found.nextSibling;
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };

  // Nobody is kept signed in by a page that was left open: after an hour without a hand on it, it stays as it is.
  let used = Date.now();
  for (const name of ['keydown', 'pointermove', 'pointerdown', 'scroll']) addEventListener(name, () => { used = Date.now(); }, { passive: true, capture: true });

  let looked = Date.now();
  let looking = false;
  const due = (main) => Date.now() - looked >= main.dataset.again * 1000 && Date.now() - used < 3_600_000;
  setInterval(async () => {
    const main = document.querySelector('main[data-again]');
    if (!main || looking || document.hidden || !due(main)) return;
    looking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(30_000) });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
      if (!main.isConnected) return; // another page has come meanwhile
      if (answer.ok && !answer.redirected && page) {
        change(main, page);
        document.dispatchEvent(new Event('sharepartner:again'));
      } else if (answer.status < 500) delete main.dataset.again; // it opens no more
    } catch { /* the program is away: a later look finds it again */ } finally {
      looked = Date.now();
      looking = false;
    }
  }, 500);
})();
