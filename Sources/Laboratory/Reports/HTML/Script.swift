/// The little script of the page: read-outs that follow the pointer, and the place in the contents. The page is complete
/// without it.
enum Script {
    static let text = """
        "use strict";
        (() => {
          const tip = document.createElement("div");
          tip.className = "tip";
          tip.hidden = true;
          document.body.append(tip);
          document.addEventListener("pointermove", event => {
            const mark = event.target.closest ? event.target.closest("[data-tip]") : null;
            tip.hidden = mark === null;
            if (mark === null) { return; }
            tip.textContent = mark.dataset.tip;
            const room = document.documentElement.clientWidth - tip.offsetWidth - 12;
            tip.style.left = Math.max(8, Math.min(event.clientX + 14, room)) + "px";
            tip.style.top = (event.clientY + 18) + "px";
          });
          for (const mark of document.querySelectorAll("[data-tip] > title")) { mark.remove(); }
          const links = new Map([...document.querySelectorAll("nav a")].map(a => [a.hash.slice(1), a]));
          const seen = new IntersectionObserver(entries => {
            for (const entry of entries) {
              if (!entry.isIntersecting) { continue; }
              for (const link of links.values()) { link.removeAttribute("aria-current"); }
              links.get(entry.target.id)?.setAttribute("aria-current", "true");
            }
          }, { rootMargin: "-8% 0px -85% 0px" });
          for (const part of document.querySelectorAll("main > [id]")) { seen.observe(part); }
        })();
        """
}
