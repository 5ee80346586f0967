import Foundation
import TestSupport
import Testing

@testable import Pages
@testable import Reporting

@Suite("The page in a browser", .serialized, .enabled(if: Browser.isThere, "Chromium is not installed"))
struct BrowserTests {
  @Test("shows every section, asks for nothing, and has nothing to complain of")
  func renders() throws {
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.full),
      [
        ["width": 1280, "evaluate": "document.querySelector('h1').innerText"],
        ["evaluate": "Array.from(document.querySelectorAll('main > section')).map(s => s.id).join(' ')"],
        ["evaluate": "document.querySelectorAll('#waits .node').length"],
        ["evaluate": "getComputedStyle(document.querySelector('.verdict')).borderTopWidth"],
        ["evaluate": "document.querySelector('#f0 details').open"],
      ])
    #expect(visit.text(0).lowercased() == "stack exhaustion")
    #expect(visit.text(1) == "verdict death space stack input waits threads modules mappings missing made")
    #expect(visit.number(2) == 7)
    #expect(visit.text(3) == "4px", "the policy let the style through")
    #expect(visit.flag(4))
    #expect(visit.complaints == [])
    #expect(visit.requests == [])
  }

  @Test(
    "filters the threads by function, id and what they wait for",
    arguments: [("waiter", 1), ("105", 2), ("BIG_LOCK", 1), ("futex_wait sleeper", 1), ("nothing", 0), ("", 4)])
  func filters(words: String, expected: Int) throws {
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.full),
      [
        ["key": "/"], ["text": words],
        ["evaluate": "Array.from(document.querySelectorAll('.group')).filter(g => g.checkVisibility()).length"],
        ["key": "Escape"], ["key": "Escape"],
        ["evaluate": "Array.from(document.querySelectorAll('.group')).filter(g => g.checkVisibility()).length"],
        ["evaluate": "document.activeElement === document.body"],
      ])
    #expect(visit.number(0) == expected)
    #expect(visit.number(1) == 4, "Escape clears the filter")
    #expect(visit.flag(2), "and then leaves it")
  }

  @Test("is used by keys alone")
  func keyboard() throws {
    let focused =
      "(document.activeElement.closest('.frame')?.id || document.activeElement.closest('.group')?.className || '')"
    let isOpen = "document.activeElement.closest('details').open"
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.full),
      [
        ["width": 1280, "height": 20_000],
        ["key": "j"], ["evaluate": focused],
        ["key": "j"], ["evaluate": focused], ["evaluate": isOpen],
        ["key": "Enter"], ["evaluate": isOpen],
        ["key": "Enter"], ["evaluate": isOpen],
        ["key": "k"], ["evaluate": focused],
        ["key": "ArrowDown"], ["key": "ArrowDown"], ["evaluate": focused],
        ["key": "?"], ["evaluate": "document.querySelector('#keys').open"],
        ["key": "Escape"], ["evaluate": "document.querySelector('#keys').open"],
        ["evaluate": "document.querySelector('a.block').focus(), document.querySelector('.readout').textContent"],
        ["key": "Enter"],
        ["evaluate": focused],
      ])
    #expect(visit.text(0) == "f0")
    #expect(visit.text(1) == "f1")
    #expect(!visit.flag(2) && visit.flag(3) && !visit.flag(4))
    #expect(visit.text(5) == "f0")
    #expect(visit.text(6) == "f20000")
    #expect(visit.flag(7) && !visit.flag(8))
    #expect(visit.text(9).contains("10,000 × even ← odd: 20,000 frames, 7.6 MiB"))
    #expect(visit.text(10) == "f0", "a block of the strip leads to its frame")
    #expect(visit.complaints == [])
  }

  @Test("follows the system's colours, and the reader's choice above them, with contrast enough in both")
  func colours() throws {
    let ground = "getComputedStyle(document.body).backgroundColor"
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.full),
      [
        ["dark": false, "evaluate": ground], ["evaluate": Self.contrast],
        ["dark": true, "evaluate": ground], ["evaluate": Self.contrast],
        ["key": "t"], ["evaluate": ground],
        ["open": true, "evaluate": ground],
      ])
    #expect(visit.text(0) == "rgb(251, 251, 250)")
    #expect(visit.text(1) == "")
    #expect(visit.text(2) == "rgb(20, 23, 27)")
    #expect(visit.text(3) == "")
    #expect(visit.text(4) == visit.text(0))
    #expect(visit.text(5) == visit.text(0), "the choice is kept")
  }

  /// What has less contrast to what lies behind it than 4.5 to 1 (WCAG 2, success criterion 1.4.3).
  private static let contrast = """
    (() => {
      const parse = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
      const light = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
      const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
          const colour = parse(getComputedStyle(e).backgroundColor);
          if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
      };
      const bad = new Set();
      for (const details of document.querySelectorAll('details')) details.open = true;
      for (const element of document.querySelectorAll('body *')) {
        if (!Array.from(element.childNodes).some(n => n.nodeType === 3 && n.data.trim()) || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const isDrawn = element instanceof SVGElement;
        const rect = isDrawn && element.parentElement.querySelector(':scope > rect:last-of-type');
        if (isDrawn && (element.tagName === 'title' || !rect || element.closest('.pictures'))) continue;
        const r = ratio(parse(isDrawn ? style.fill : style.color), isDrawn ? parse(getComputedStyle(rect).fill) : behind(element));
        if (r < 4.5) bad.add(element.tagName + '.' + element.getAttribute('class') + ' ' + r.toFixed(2));
      }
      return Array.from(bad).join('; ');
    })()
    """

  @Test("can be read without its script")
  func withoutScript() throws {
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.full),
      [
        ["script": false, "evaluate": "document.querySelector('.filter').checkVisibility()"],
        ["evaluate": "document.querySelector('#theme').checkVisibility()"],
        [
          "evaluate":
            "(document.querySelectorAll('.group')[1].open = true, document.querySelectorAll('.group')[1].innerText.includes('waiter'))"
        ],
      ])
    #expect(!visit.flag(0) && !visit.flag(1), "what would do nothing is not shown")
    #expect(visit.flag(2))
    #expect(visit.complaints == [])
  }

  @Test("is never wider than the window", arguments: [400, 768, 1280])
  func width(pixels: Int) throws {
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.full),
      [
        ["width": pixels],
        [
          "evaluate":
            "for (const d of document.querySelectorAll('details')) d.open = true; document.documentElement.scrollWidth"
        ],
      ])
    #expect(visit.number(0) == pixels)
  }

  @Test("leaves text of the target inert, wherever it stands")
  func hostile() throws {
    let html = try SamplePages.html(HostileReport.report)
    let visit = try Browser.visit(
      html,
      [
        [
          "width": 1280,
          "evaluate": "for (const d of document.querySelectorAll('details')) d.open = true; 'attacked' in window",
        ],
        ["evaluate": "document.querySelectorAll('img, iframe, object, embed, form:not([method=dialog]), base').length"],
        ["evaluate": "document.querySelectorAll('script, style').length"],
        [
          "evaluate":
            "Array.from(document.querySelectorAll('*')).flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on')).length"
        ],
        [
          "evaluate":
            "Array.from(document.querySelectorAll('a')).filter(a => !a.getAttribute('href').startsWith('#')).length"
        ],
        ["evaluate": "document.body.textContent.includes('<script>attacked')"],
        [
          "evaluate":
            "/[\\u0000-\\u0008\\u202a-\\u202e\\u2066-\\u2069\\u2028\\u2029]/.test(document.documentElement.textContent)"
        ],
      ])
    #expect(!visit.flag(0))
    #expect(visit.number(1) == 0)
    #expect(visit.number(2) == 2, "the page's own script and style")
    #expect(visit.number(3) == 0)
    #expect(visit.number(4) == 0)
    #expect(visit.flag(5), "it is shown, as text")
    #expect(!visit.flag(6), "nothing hides or turns the text around")
    #expect(visit.complaints == [], "not even the policy was needed")
    #expect(visit.requests == [])
  }

  @Test("filters a thousand threads at once")
  func thousand() throws {
    let visit = try Browser.visit(
      try SamplePages.html(SamplePages.many(1000, depth: 12)),
      [
        ["evaluate": "document.querySelectorAll('.group').length"],
        ["key": "/"], ["text": "function_777_3"],
        ["evaluate": "Array.from(document.querySelectorAll('.group')).filter(g => g.checkVisibility()).length"],
        ["evaluate": "document.querySelector('#matches').textContent"],
      ])
    #expect(visit.number(0) == 1000)
    #expect(visit.number(1) == 1)
    #expect(visit.text(2) == "1 of 1000 groups")
    #expect(visit.complaints == [])
  }
}
