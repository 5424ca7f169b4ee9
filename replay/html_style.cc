#include "replay/html.h"

namespace hookledger {

const std::string_view kHtmlStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2330;--soft:#667085;--line:#e2e6ec;--faint:#eef1f5;
--initiated:#b7791f;--ringing:#b7791f;--answered:#1f8a4c;--bridged:#0f7b8a;--ended:#c2403a;--recording:#7a4fc0;
--other:#667085;--late:#c05621;--critical:#c2403a;--warning:#b7791f;--info:#2b6cb0}
@media (prefers-color-scheme:dark){:root{--bg:#11151c;--card:#191f29;--ink:#e6eaf0;--soft:#95a1b3;--line:#2b3442;
--faint:#212936;--initiated:#e0b050;--ringing:#e0b050;--answered:#4cc380;--bridged:#43b9ca;--ended:#f07f78;
--recording:#b394f0;--other:#95a1b3;--late:#f0955a;--critical:#f07f78;--warning:#e0b050;--info:#6db1f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1280px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:21px;margin:0 0 2px;overflow-wrap:anywhere;font-weight:650}
h2{font-size:13px;margin:30px 0 10px;text-transform:uppercase;letter-spacing:.07em;color:var(--soft);font-weight:650}
code,pre,.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));margin:16px 0 0;overflow:hidden}
.facts div{box-shadow:0 0 0 .5px var(--line);padding:9px 14px;min-width:0}
.facts dt{font-size:12px;color:var(--soft)}
.facts dd{margin:0;overflow-wrap:anywhere}
.badge{display:inline-block;padding:0 8px;border-radius:99px;font-size:12px;line-height:20px;font-weight:600;white-space:nowrap;
border:1px solid currentColor}
.initiated,.ringing{color:var(--initiated)}.answered{color:var(--answered)}.bridged{color:var(--bridged)}.ended{color:var(--ended)}
.badge.ended,.then.ended{color:var(--soft)}
.recording{color:var(--recording)}.other,.none{color:var(--other)}
.late,.repeat{color:var(--late)}.signature,.critical{color:var(--critical)}.warning{color:var(--warning)}.info,.telemetry,.deliveries,.provenance{color:var(--info)}
.finding{padding:12px 16px;margin:0 0 10px;border-left:4px solid currentColor}
.finding p,.finding h3{color:var(--ink);margin:4px 0 0}
.finding h3{font-size:15px;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center;margin:0}
.finding.resolved,.finding.noted{border-left-color:var(--line)}
.scroll{overflow:auto;max-height:85vh}
table{border-collapse:collapse;width:100%}
th,td{padding:7px 14px;text-align:left;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
thead th{border-top:0;font-size:12px;font-weight:500;color:var(--soft);white-space:nowrap}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.id{font-size:11.5px;color:var(--soft);overflow-wrap:anywhere;min-width:270px}
.party{min-width:166px}
.records{overflow:auto}
.row{display:grid;grid-template-columns:104px 106px minmax(170px,1.4fr) 44px 76px 88px minmax(120px,1fr) 70px 14px;gap:0 12px;padding:7px 14px;
align-items:baseline;min-width:880px}
.row .number{text-align:right;font-variant-numeric:tabular-nums}
.row .type{font-weight:600;overflow-wrap:anywhere}
.head{font-size:12px;color:var(--soft)}
.records details{border-top:1px solid var(--line)}
.records summary{cursor:pointer;list-style:none}
.records summary::-webkit-details-marker{display:none}
.records summary:hover{background:var(--faint)}
.records summary:focus-visible{outline:2px solid var(--info);outline-offset:-2px}
.more::before{content:"▸";color:var(--soft)}
details[open] .more::before{content:"▾"}
.detail{padding:4px 14px 16px}
.detail dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:4px 0 10px;font-size:13px}
.detail dt{color:var(--soft)}
.detail dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--faint);border-radius:8px;padding:12px 14px;margin:0;overflow:auto;max-height:460px;white-space:pre-wrap;overflow-wrap:anywhere}
.gap{border-top:1px dashed var(--late);color:var(--late);font-size:12px;padding:2px 14px}
.marks{display:flex;flex-wrap:wrap;gap:3px 6px}
svg{display:block;margin:0 auto;font-size:12px}
svg text{fill:var(--ink);stroke:var(--card);stroke-width:4px;paint-order:stroke;stroke-linejoin:round}
svg .when,svg .small{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
svg .name{font-weight:650}
svg .life{stroke:var(--line);stroke-width:1.5}
svg .guide{stroke:var(--faint)}
svg .box{fill:var(--faint);stroke:var(--line)}
svg .box+text,svg .box+text+text{stroke:none}
svg .arrow{stroke:currentColor;stroke-width:1.5;fill:none}
svg .tip{fill:currentColor}
svg .slow{stroke-dasharray:5 4}
svg .bar{fill:currentColor;opacity:.3}
svg .silence{stroke:var(--late);stroke-dasharray:2 4}
svg .note{fill:var(--late);font-size:11px}
a{color:var(--info)}
@media print{body{background:none}.scroll,pre{max-height:none}}
)css";

}  // namespace hookledger
