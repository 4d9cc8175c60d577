// Comfort for forms that are reviewed before they hold: marks what is changed, walks over cells, asks before it is lost.
(() => {
  const wrap = (control) => control.closest('[data-was]');
  const value = (control) => (control.type === 'checkbox' ? String(control.checked) : control.value);
  const mark = (control) => { const w = wrap(control); if (w) w.classList.toggle('is-changed', value(control) !== w.dataset.was); };
  document.addEventListener('change', (e) => { if (e.target.closest?.('form[data-review]')) mark(e.target); });

  // Arrow keys move between the cells of a table, the space bar goes on to the next level or ticks a box.
  const walked = ':is(select[data-perm], input[type="checkbox"]):not(:disabled)';
  document.addEventListener('keydown', (e) => {
    const cell = e.target.closest?.(`[data-cells] ${walked}`);
    if (!cell || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
    if (e.key === ' ' && cell.matches('select')) {
      e.preventDefault();
      cell.selectedIndex = (cell.selectedIndex + 1) % cell.options.length;
      cell.dispatchEvent(new Event('change', { bubbles: true }));
      return;
    }
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (!by) return;
    e.preventDefault();
    const rows = [...cell.closest('table').querySelectorAll('tr')].filter((r) => r.querySelector(walked));
    const column = cell.closest('td').cellIndex;
    let row = rows.indexOf(cell.closest('tr')), at = column;
    for (;;) {
      row += by[0];
      at += by[1];
      const next = rows[row]?.cells[at];
      if (!next) return;
      const target = next.querySelector(walked);
      if (target) { target.focus(); target.scrollIntoView({ block: 'nearest', inline: 'nearest' }); return; }
    }
  });

  // Leaving with changes that are not applied asks first; sending or discarding them is meant.
  let meant = false;
  document.addEventListener('submit', () => { meant = true; });
  document.addEventListener('click', (e) => { if (e.target.closest?.('[data-discard]')) meant = true; });
  addEventListener('beforeunload', (e) => { if (!meant && document.querySelector('form[data-review] .is-changed')) e.preventDefault(); });
  addEventListener('pageshow', () => { meant = false; });
})();
