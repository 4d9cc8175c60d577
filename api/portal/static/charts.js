// Mounts the charts. Options come as JSON data blocks beside each chart; tooltips and labels are text that the server
// has formatted. Only known keys are resolved, so that a name typed by a user is never taken for an instruction:
// "@c:c1" and "@c:c1/20" under a colour key (a design token, with alpha in percent) and "@fmt:..." under formatter.
(() => {
  const lang = document.documentElement.lang || 'en';
  const number = new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 1 });
  const formats = {
    int: (v) => new Intl.NumberFormat(lang).format(v),
    money: (v, code) => {
      try {
        return new Intl.NumberFormat(lang, { style: 'currency', currency: code, notation: 'compact', maximumFractionDigits: 1, currencyDisplay: 'narrowSymbol' }).format(v).replace('K', 'k');
      } catch { return `${number.format(v)} ${code}`; }
    },
  };
  const colourKeys = new Set(['color', 'borderColor', 'backgroundColor']);
  const font = 'Inter, system-ui, sans-serif';
  const probe = document.createElement('span');
  probe.hidden = true;
  // light-dark() does not resolve through getPropertyValue, so the colour is read from an element that wears it.
  const token = (text) => {
    if (!probe.isConnected) document.body.append(probe);
    const [name, alpha] = text.split('/');
    probe.style.color = `var(--${name})`;
    const c = getComputedStyle(probe).color;
    return alpha ? c.replace(/^rgb\((.+)\)$/, (_, x) => `rgba(${x},${alpha / 100})`) : c;
  };
  const resolve = (value, key) => {
    if (typeof value === 'string') {
      if (colourKeys.has(key) && value.startsWith('@c:')) return token(value.slice(3));
      if (key === 'formatter' && value.startsWith('@fmt:')) {
        const [name, arg] = value.slice(5).split('/');
        return (v) => (formats[name] || String)(+v, arg);
      }
      return value;
    }
    if (Array.isArray(value)) return value.map((x) => resolve(x, ''));
    if (value && typeof value === 'object') {
      const out = {};
      for (const k in value) out[k] = resolve(value[k], k);
      return out;
    }
    return value;
  };
  const element = (name, cls, text) => {
    const e = document.createElement(name);
    if (cls) e.className = cls;
    if (text != null) e.textContent = text;
    return e;
  };
  // The tooltip is built from nodes, not HTML: strict style rules hold and names stay text.
  const tooltip = (tips, drills) => (params) => {
    const p = [].concat(params)[0];
    const tip = p && tips[p.dataIndex];
    if (!tip) return null;
    const box = element('div', 'c-tip');
    box.append(element('strong', '', tip.title));
    for (const row of tip.rows || []) {
      const line = element('div');
      if (row.color) {
        const mark = element('i');
        mark.style.background = token(row.color);
        line.append(mark);
      }
      line.append(element('span', '', row.name), element('b', '', row.value));
      box.append(line);
    }
    if (drills && drills[p.dataIndex]) box.append(element('em', '', 'Click to open the list'));
    return box;
  };
  const merge = (a, b) => {
    for (const k in b) {
      const both = b[k] && typeof b[k] === 'object' && !Array.isArray(b[k]) && a[k] && typeof a[k] === 'object';
      a[k] = both ? merge({ ...a[k] }, b[k]) : b[k];
    }
    return a;
  };
  const axis = (own) => {
    const base = {
      axisLine: { lineStyle: { color: token('line-2') } }, axisTick: { show: false },
      axisLabel: { color: token('fg-3'), fontSize: 11, hideOverlap: true },
      splitLine: { lineStyle: { color: token('line') } }, nameTextStyle: { color: token('fg-3'), fontSize: 11 },
    };
    return [].concat(own || {}).map((a) => merge({ ...base }, a));
  };
  const drawn = new Set();
  const text = (box) => document.getElementById(box.dataset.chart).textContent;
  const mount = (box) => {
    drawn.add(box);
    box.drawnFrom = text(box);
    const raw = JSON.parse(box.drawnFrom);
    const { tips = [], drills = null, narrow = null, ...own } = raw;
    const option = resolve(own, '');
    option.xAxis = axis(option.xAxis);
    option.yAxis = axis(option.yAxis);
    option.textStyle = { fontFamily: font, color: token('fg-2'), fontSize: 11.5 };
    option.animation = false;
    option.grid = merge({ left: 8, right: 12, top: 16, bottom: 4, containLabel: true }, [].concat(option.grid || {})[0]);
    option.tooltip = {
      trigger: raw.trigger || 'axis', backgroundColor: token('surface'), borderColor: token('line-2'), borderWidth: 1, padding: [8, 10], confine: true,
      transitionDuration: 0, textStyle: { color: token('fg') }, extraCssText: '', formatter: tooltip(tips, drills),
      axisPointer: { type: raw.pointer || 'line', lineStyle: { color: token('line-2') }, shadowStyle: { color: token('fg-3/8') } },
    };
    delete option.trigger;
    delete option.pointer;
    // One click drills: only a chart with targets shows a hand and lifts the mark under the pointer.
    for (const s of option.series) {
      if (drills) s.emphasis = merge({ itemStyle: { borderColor: token('accent'), borderWidth: 1.5 } }, s.emphasis || {});
      else { s.cursor = 'default'; s.emphasis = { disabled: true }; }
    }
    if (narrow && box.clientWidth < 460) merge(option, resolve(narrow, ''));
    const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: 'canvas' });
    chart.setOption(option, true);
    // A click anywhere on a row or a day drills, not only one on the mark itself.
    const lying = option.yAxis[0].type === 'category';
    chart.getZr().off('click');
    if (drills) {
      chart.getZr().on('click', (e) => {
        const at = chart.convertFromPixel(lying ? { yAxisIndex: 0 } : { xAxisIndex: 0 }, lying ? e.offsetY : e.offsetX);
        const link = drills[Math.round(at)];
        if (link) location.href = link;
      });
    }
    box.classList.toggle('is-go', !!drills);
    box.dataset.ready = '1';
  };
  // A chart is drawn when it comes near the screen: parsing and drawing do not hold up the first look.
  const seen = new IntersectionObserver((entries) => {
    for (const e of entries) {
      if (!e.isIntersecting) continue;
      seen.unobserve(e.target);
      mount(e.target);
    }
  }, { rootMargin: '200px' });
  const all = () => {
    if (!window.echarts) return;
    for (const box of drawn) { // the engine remembers every chart until it is told that its page is gone
      if (box.isConnected) continue;
      echarts.getInstanceByDom(box)?.dispose();
      drawn.delete(box);
    }
    const ready = () => document.querySelectorAll('[data-chart]:not([data-ready])').forEach((box) => seen.observe(box));
    // A canvas does not see the typeface before it is loaded.
    if (document.fonts) document.fonts.load('500 12px Inter').then(ready, ready);
    else ready();
  };
  const again = () => document.querySelectorAll('[data-ready]').forEach(mount);
  let waiting;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => document.querySelectorAll('[data-ready]').forEach((box) => echarts.getInstanceByDom(box)?.resize()), 60);
  });
  addEventListener('beforeprint', () => document.querySelectorAll('[data-chart]:not([data-ready])').forEach(mount));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  document.addEventListener('htmx:afterSettle', all);
  document.addEventListener('sharepartner:theme', again);
  document.addEventListener('sharepartner:again', () => { // what has changed is drawn again, what is new for the first time
    document.querySelectorAll('[data-ready]').forEach((box) => { if (box.drawnFrom !== text(box)) mount(box); });
    all();
  });
  all();
})();
