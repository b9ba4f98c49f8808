/// What the page does beyond being read: tables sort, curves are read out and toggled, images enlarge.
///
/// Everything is readable without it. It makes no request and touches no storage.
enum Script {
    static let text = [start, tables, plots, images, swipes].joined(separator: "\n")

    private static let start = #"""
        'use strict';
        const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
        """#

    /// A click on a column's head sorts by it; a second click turns the order round; empty cells stay last.
    private static let tables = #"""
        for (const table of all('table.sortable')) {
          const heads = all('thead th', table), body = table.tBodies[0];
          heads.forEach((head, column) => head.querySelector('button')?.addEventListener('click', () => {
            const down = head.getAttribute('aria-sort') === 'ascending' ||
              (!head.hasAttribute('aria-sort') && head.dataset.kind === 'number');
            heads.forEach(other => other.removeAttribute('aria-sort'));
            head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
            const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
            const rows = Array.from(body.rows).sort((a, b) => {
              const x = key(a), y = key(b);
              if (x === '' || y === '') return (x === '') - (y === '');
              const order = head.dataset.kind === 'number' ? x - y : x.localeCompare(y);
              return down ? -order : order;
            });
            body.append(...rows);
          }));
        }
        """#

    /// Pointer or arrow keys move a line over the plot; the values nearest to it are written above the plot.
    private static let plots = #"""
        const short = value => Number(value.toPrecision(4)).toString();
        for (const figure of all('figure.curve')) {
          const plot = figure.querySelector('.plot'), out = figure.querySelector('.readout');
          const cursor = plot.querySelector('.cursor');
          const lines = all('.series', plot).map(node => ({
            node, name: node.dataset.name, isLevel: node.classList.contains('reference'),
            x: node.dataset.x.split(',').map(Number), y: node.dataset.y.split(','),
            px: node.dataset.px.split(',').map(Number)
          })).filter(line => line.node.dataset.x !== '');
          const stops = [...new Set(lines.filter(line => !line.isLevel).flatMap(line => line.px))]
            .sort((a, b) => a - b);
          let stop = -1;
          const near = (values, at) => values.reduce((best, value, index) =>
            Math.abs(value - at) < Math.abs(values[best] - at) ? index : best, 0);
          const show = at => {
            if (!stops.length) return;
            stop = near(stops, at);
            cursor.setAttribute('x1', stops[stop]);
            cursor.setAttribute('x2', stops[stop]);
            plot.classList.add('live');
            const seen = lines.filter(line => !line.node.hasAttribute('hidden'));
            let where = null;
            const texts = seen.map(line => {
              const index = line.isLevel ? 0 : near(line.px, stops[stop]);
              if (where === null && !line.isLevel) where = line.x[index];
              const value = line.y[index];
              return line.name + ' ' + (value === '' ? 'undefined' : short(Number(value)));
            });
            out.textContent = where === null ? '' :
              out.dataset.x + ' ' + short(where) + ':  ' + texts.join('  ·  ');
          };
          const hide = () => { plot.classList.remove('live'); out.textContent = ''; };
          plot.addEventListener('pointermove', event => {
            const box = plot.getBoundingClientRect();
            show((event.clientX - box.left) / box.width * plot.viewBox.baseVal.width);
          });
          plot.addEventListener('pointerleave', hide);
          plot.addEventListener('blur', hide);
          plot.addEventListener('keydown', event => {
            const step = { ArrowRight: 1, ArrowLeft: -1, Home: -1e9, End: 1e9 }[event.key];
            if (!step || !stops.length) return;
            event.preventDefault();
            show(stops[Math.min(stops.length - 1, Math.max(0, stop + step))]);
          });
          all('.key button', figure).forEach((button, index) => button.addEventListener('click', () => {
            const isOn = button.getAttribute('aria-pressed') === 'true';
            button.setAttribute('aria-pressed', String(!isOn));
            all('.series', plot)[index].toggleAttribute('hidden', isOn);
          }));
        }
        """#

    /// A click on an image enlarges it; arrow keys go through the images of its city, for flicker comparison.
    private static let images = #"""
        const dialog = document.querySelector('dialog');
        if (dialog) {
          const image = dialog.querySelector('img'), title = dialog.querySelector('b');
          let group = [], at = 0;
          const show = index => {
            at = (index + group.length) % group.length;
            const source = group[at].querySelector('img');
            image.src = source.src;
            image.alt = source.alt;
            title.textContent = source.alt;
          };
          for (const button of all('.row button')) button.addEventListener('click', () => {
            group = all('button', button.closest('.row'));
            show(group.indexOf(button));
            dialog.showModal();
          });
          const [previous, next, close] = all('button', dialog);
          previous.addEventListener('click', () => show(at - 1));
          next.addEventListener('click', () => show(at + 1));
          close.addEventListener('click', () => dialog.close());
          dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
          dialog.addEventListener('keydown', event => {
            if (event.key === 'ArrowLeft') show(at - 1);
            if (event.key === 'ArrowRight') show(at + 1);
          });
        }
        """#

    /// A slider uncovers the upper of two images; each can be any image of its place.
    private static let swipes = #"""
        for (const figure of all('.swipe')) {
          const [under, over] = all('img', figure), slider = figure.querySelector('input');
          const cut = () => { over.style.clipPath = 'inset(0 0 0 ' + slider.value + '%)'; };
          all('select', figure).forEach((choice, index) => choice.addEventListener('change', () => {
            const image = index === 0 ? under : over;
            const source = all('.all img', figure)[choice.selectedIndex];
            image.src = source.src;
            image.alt = source.alt;
          }));
          slider.addEventListener('input', cut);
          cut();
        }
        """#
}
