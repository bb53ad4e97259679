"""Thirty names that try to be more than a name when a page draws them."""

from typing import Final

#: Nothing here may ask this host for anything.
ELSEWHERE: Final = "elsewhere.invalid"

NAMES: Final = (
    f"![x](http://{ELSEWHERE}/a.png)",
    f"[x](http://{ELSEWHERE}/b)",
    f"<http://{ELSEWHERE}/c>",
    f"http://{ELSEWHERE}/d",
    f"https://{ELSEWHERE}/e?x=1&y=2",
    f"HTTPS://{ELSEWHERE}/f",
    f"www.{ELSEWHERE}/g",
    f"someone@{ELSEWHERE}",
    f"mailto:someone@{ELSEWHERE}",
    f'<img src="http://{ELSEWHERE}/h.png">',
    f'<a href="http://{ELSEWHERE}/i">i</a>',
    f'"><img src=//{ELSEWHERE}/j onerror=alert(1)>',
    f"<script src=http://{ELSEWHERE}/k.js></script>",
    f"<style>@import '//{ELSEWHERE}/l.css';</style>",
    f"![x][y]\n\n[y]: http://{ELSEWHERE}/m.png",
    f"x\n\n![x](//{ELSEWHERE}/n.png)",
    rf"\![x](http://{ELSEWHERE}/o.png)",
    rf"\\![x](http://{ELSEWHERE}/p.png)",
    f"**x** _x_ ~~x~~ `![x](http://{ELSEWHERE}/q.png)`",
    f"`` ![x](http://{ELSEWHERE}/r.png)",
    f"[^1] [^1]: http://{ELSEWHERE}/s",
    rf"$\href{{http://{ELSEWHERE}/t}}{{x}}$ $x^2$",
    ":red[x] :blue-background[x] :small[x] :help :color[x]{foreground=red}",
    ":material/delete: :smile: :100: :streamlit:",
    f"&lt;img src=//{ELSEWHERE}/u&gt; &#60;b&#62;",
    f"# x | y\n|--|--|\n| ![x](http://{ELSEWHERE}/v.png) | |",
    f"x\u202egnp.w/{ELSEWHERE}//:ptth\u2066 \u200b\x00\x1b[31m \ud800",
    "%{customdata} %{x} %{y:.2f}<extra>x</extra>",
    f"javascript:alert(1) data:text/html,<img src=//{ELSEWHERE}/w>",
    "- x\n- y\n    1. " + "z" * 5000,
)
