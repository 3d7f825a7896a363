"""What is wrong with how a page is laid out, as far as can be measured. For tests of the pages."""

from __future__ import annotations

from playwright.async_api import Page, ViewportSize, expect

HEIGHTS = {320: 568, 360: 740, 768: 1_024, 1_280: 800, 1_920: 1_080}

# What is found, a line each:
# - the page, a table or a dialog scrolls sideways, or a field shows a part of its number;
# - header or menu are not on the screen as a whole;
# - a text leaves its cell, card or button, or is cut off, unless on purpose with the whole in a
#   title; a figure is broken into two lines, or (from 360 pixels on) a word of ours within
#   itself; a table's text touches its edge;
# - a control is smaller than 24 by 24 pixels (WCAG 2.5.8), its label with it;
# - a control is not where a person could press it, however far the page is scrolled.
FAULTS = r"""async width => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const found = [];
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  const root = document.documentElement;
  const EDGE = 6; // pixels: half of what most tables have
  const WORDS = /(?<![\p{L}\p{N}])[\p{L}\p{N}]{2,20}(?![\p{L}\p{N}])/gu;
  const name = (element) => `<${element.tagName.toLowerCase()} ${element.className}> ` +
    `"${(element.innerText || element.ariaLabel || '').replace(/\s+/g, ' ').slice(0, 40)}"`;
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true }) &&
    !element.closest('.visually-hidden, .skip-link, option, .u-wrap');
  if (root.scrollWidth > width) found.push(`the page is ${root.scrollWidth} wide`);
  const frames = '.table-frame, .chart-table__frame, dialog[open], input.number';
  for (const frame of document.querySelectorAll(frames)) {
    if (frame.scrollWidth > frame.clientWidth + 1) {
      found.push(`${name(frame)} scrolls: ${frame.scrollWidth} in ${frame.clientWidth}`);
    }
  }
  for (const part of document.querySelectorAll('.header, .side')) {
    const box = part.getBoundingClientRect();
    const isOn = box.left >= 0 && box.right <= width + 1 && box.top >= 0 &&
      box.bottom <= innerHeight + 1 && box.width > 0 && box.height > 0;
    if (!isOn) found.push(`${part.className} is off the screen: ${JSON.stringify(box)}`);
  }
  const scopes = dialog ? [dialog] : [...document.querySelectorAll('.header, .side, .main')];
  for (const scope of scopes) {
    const texts = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) lookAtText(node, scope);
  }
  scopes.forEach(lookAtControls);
  scopes.forEach(lookAtSizes);
  if (!dialog) scrollTo(0, 0);
  return [...new Set(found)];

  function lookAtText(node, scope) {
    const parent = node.parentElement;
    if (!node.data.trim() || !isSeen(parent)) return;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 0);
    const isFigure = /^[^\p{L}]*\d[\d.,\s]*$/u.test(node.data) && parent.closest('.number');
    if (isFigure && new Set(boxes.map(({ top }) => Math.round(top))).size > 1) {
      found.push(`${name(parent)} breaks a figure`);
    }
    if (width >= 360 && parent.closest('.button, .pill, .only-narrow, th, time')) {
      lookAtWords(node);
    }
    const holder = parent.closest('td, th, .button, .pill, .card, .segments__choice');
    const place = holder && scope.contains(holder) ? holder : scope;
    for (const box of boxes) {
      if (isBeyond(box, place)) found.push(`${name(parent)} leaves ${name(place)}`);
      const frame = parent.closest('.table-frame');
      if (frame && box.right > frame.getBoundingClientRect().right - EDGE) {
        found.push(`${name(parent)} touches the edge of its table`);
      }
      for (let on = parent; on && scope.contains(on); on = on.parentElement) {
        const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(on);
        if (overflowX === 'visible' && overflowY === 'visible') continue;
        if (overflowX === 'auto' || overflowY === 'auto') break; // it scrolls
        const isShortened = textOverflow === 'ellipsis' || webkitLineClamp !== 'none';
        if (isShortened && on.closest('[title]') && !isFigure) break;
        if (isBeyond(box, on) || box.bottom > on.getBoundingClientRect().bottom + 3) {
          found.push(`${name(parent)} is cut off by ${name(on)}`);
        }
      }
    }
  }

  // What people typed may be longer than any place has room for.
  function lookAtWords(node) {
    for (const { 0: word, index } of node.data.matchAll(WORDS)) {
      if (/\p{scx=Han}|\p{scx=Hira}|\p{scx=Kana}/u.test(word)) continue;
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const tops = [...range.getClientRects()].map(({ top }) => Math.round(top));
      if (new Set(tops).size > 1) found.push(`${name(node.parentElement)} breaks ${word}`);
    }
  }

  function isBeyond(box, element) {
    const frame = element.getBoundingClientRect();
    return box.right > frame.right + 1 || box.left < frame.left - 1;
  }

  function lookAtSizes(scope) {
    for (const control of scope.querySelectorAll('button, a.button, input, select, summary')) {
      if (!isSeen(control) || control.closest('[inert]')) continue;
      const box = (control.closest('label') || control).getBoundingClientRect();
      if (box.width < 23.9 || box.height < 23.9) {
        found.push(`${name(control)} is ${box.width.toFixed(1)} by ${box.height.toFixed(1)}`);
      }
    }
  }

  function lookAtControls(scope) {
    for (const control of scope.querySelectorAll('button, a.button, input, select, textarea, a')) {
      if (!isSeen(control) || control.closest('[inert], :disabled') || control.disabled) continue;
      control.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
      const [box] = control.getClientRects();
      if (!box || box.width === 0) continue;
      const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      const isHit = hit && (control.contains(hit) || hit.contains(control) && hit !== root &&
        hit !== document.body && hit.tagName === 'LABEL');
      if (!isHit) found.push(`${name(control)} cannot be pressed, there is ${hit && name(hit)}`);
    }
  }
}"""


async def resize(page: Page, width: int) -> None:
    """A screen of this width, and of a height that goes with it."""
    size: ViewportSize = {"width": width, "height": HEIGHTS[width]}
    await page.set_viewport_size(size)


async def dismiss_toasts(page: Page) -> None:
    """They lie over the page for some seconds, and go. What they offer to undo stays done."""
    dismissals = page.locator(".toast > button:last-child")  # in every language
    await dismissals.evaluate_all("(buttons) => buttons.forEach((button) => button.click())")
    await expect(page.locator(".toast")).to_have_count(0)


async def faults(page: Page, width: int) -> list[str]:
    """What is wrong with the page as it stands, a line each, at this width."""
    await resize(page, width)
    found: list[str] = await page.evaluate(FAULTS, width)
    return found
