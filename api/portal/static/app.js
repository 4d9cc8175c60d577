// Comfort on top of pages that work without it: keys, menus that close, the theme without a reload.
(() => {
  const $ = (selector) => document.querySelector(selector);
  const typing = (e) => e.target.closest?.('input, textarea, select, [contenteditable]');
  const keysOff = () => document.documentElement.dataset.keys === 'off';

  // j and k walk over what opens: rows first, else key figures.
  const rows = () => [...document.querySelectorAll('[data-row]')];
  const step = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(document.activeElement);
    const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: 'nearest' });
  };

  let leader = 0;
  const place = (key) => [...document.querySelectorAll('.l-rail a[data-go]')].find((a) => a.dataset.go === key);
  const act = (key) => [...document.querySelectorAll('a[data-key]')].find((a) => a.dataset.key === key);
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') {
      const open = document.querySelector('details.c-menu[open]');
      if (open) { open.open = false; open.querySelector('summary').focus(); }
      return;
    }
    if (keysOff() || e.ctrlKey || e.metaKey || e.altKey || typing(e) || !$('.l-rail')) return;
    const led = Date.now() - leader < 1500;
    leader = 0;
    if (led && place(e.key)) location.href = place(e.key).href;
    else if (e.key === 'g') leader = Date.now();
    else if (e.key === '/' && $('#find')) {
      const find = $('#find');
      if (find.offsetParent) { find.focus(); find.select(); } else location.href = '/opportunities#q';
    } else if (act(e.key)) location.href = act(e.key).href;
    else if (e.key === 'j') step(1);
    else if (e.key === 'k') step(-1);
    else if (e.key === '?') { const help = $('#keys'); if (help?.showModal) { if (!help.open) help.showModal(); } else location.href = '/help'; }
    else return;
    e.preventDefault();
  });

  document.addEventListener('click', (e) => {
    for (const menu of document.querySelectorAll('details.c-menu[open]')) if (!menu.contains(e.target)) menu.open = false;
    const theme = e.target.closest?.('button[name="theme"]');
    if (theme) {
      e.preventDefault();
      const body = new FormData(theme.form);
      body.set('theme', theme.value);
      fetch(theme.form.action, { method: 'POST', body: new URLSearchParams(body), headers: { Accept: 'text/plain' } }).then((answer) => {
        if (!answer.ok) return;
        if (theme.value === 'system') delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = theme.value;
        for (const b of theme.form.querySelectorAll('button[name="theme"]')) b.setAttribute('aria-pressed', String(b === theme));
        document.dispatchEvent(new Event('sharepartner:theme'));
      });
    }
    const close = e.target.closest?.('[data-close]');
    if (close) close.closest('dialog').close();
  });

  // What is shown once is chosen whole, ready to be copied.
  document.addEventListener('focusin', (e) => { if (e.target.matches?.('[data-copy]')) e.target.select(); });

  // Only one menu is open at a time.
  document.addEventListener('toggle', (e) => {
    if (e.target.matches?.('details.c-menu') && e.target.open) {
      for (const menu of document.querySelectorAll('details.c-menu[open]')) if (menu !== e.target) menu.open = false;
    }
  }, true);

  // What went wrong comes first for who cannot see the page.
  const firstFault = () => $('[data-focus]')?.focus();

  // After a part of the page was fetched, the keyboard is where it was.
  let last = '';
  document.addEventListener('htmx:beforeRequest', (e) => { last = e.detail.elt.closest?.('details.c-menu')?.querySelector('summary')?.id || ''; });
  document.addEventListener('htmx:afterSettle', () => {
    if (last) document.getElementById(last)?.focus({ preventScroll: true });
    last = '';
    firstFault();
  });
  firstFault();
})();
