/// How the page looks: light, dark, on a phone, and on paper.
///
/// Colours of methods are Okabe and Ito's (distinguishable with colour-blindness), doubled by dash patterns for
/// readers without colour.
enum Stylesheet {
    static let text = [palette, page, tables, figures, panels, documents, paper].joined(
        separator: "\n")

    private static let palette = """
        :root{color-scheme:light dark;--paper:#fbfaf7;--card:#ffffff;--ink:#1d2327;--soft:#5a656d;\
        --hair:#e2dfd7;--rule:#ebe9e3;--accent:#0b5d7a;--warn:#8a4b00;--warnbg:#fdf3e1;\
        --s0:#0072b2;--s1:#c24e00;--s2:#00805d;--s3:#a8518a;--s4:#8f6a00;--s5:#2f86b8}
        @media (prefers-color-scheme:dark){:root{--paper:#14181b;--card:#1b2024;--ink:#e6e4df;--soft:#a0a9af;\
        --hair:#30373c;--rule:#282e33;--accent:#7cc4df;--warn:#f0bf78;--warnbg:#2e261a;\
        --s0:#56b4e9;--s1:#f08a4b;--s2:#35c79c;--s3:#e29ac8;--s4:#e6b93f;--s5:#9ad4f5}}
        .s0{--c:var(--s0);--d:none}.s1{--c:var(--s1);--d:8 3}.s2{--c:var(--s2);--d:12 2.5 2.5 2.5}\
        .s3{--c:var(--s3);--d:2.5 2.5}.s4{--c:var(--s4);--d:4 4}.s5{--c:var(--s5);--d:12 4}
        """

    private static let page = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 ui-sans-serif,system-ui,\
        "Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",sans-serif;\
        font-variant-numeric:tabular-nums}
        main,header.top,footer{max-width:1080px;margin:0 auto;padding:0 28px}
        header.top{padding-top:64px}
        h1,h2,.lede{font-family:Charter,"Bitstream Charter","Iowan Old Style","Palatino Linotype",\
        Georgia,"Liberation Serif",serif;text-wrap:balance;overflow-wrap:anywhere}
        h1{font-size:clamp(1.9rem,4.6vw,2.9rem);line-height:1.14;font-weight:600;margin:6px 0 18px;\
        letter-spacing:-.012em}
        h2{font-size:1.6rem;line-height:1.25;font-weight:600;margin:72px 0 6px}
        h3{font-size:1rem;margin:28px 0 8px;overflow-wrap:anywhere}
        p{max-width:70ch;margin:0 0 14px}
        .eyebrow{font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--soft);margin:0}
        .lede{font-size:clamp(1.1rem,2.2vw,1.32rem);line-height:1.5;max-width:58ch;margin-bottom:26px;\
        text-wrap:pretty}
        .lede b{font-weight:600;white-space:nowrap}
        .intro{color:var(--soft)}
        a{color:var(--accent);text-underline-offset:.18em}
        :focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:4px}
        nav{margin:30px 0 0;border-top:1px solid var(--hair);border-bottom:1px solid var(--hair);\
        padding:9px 0;display:flex;flex-wrap:wrap;gap:2px 22px;font-size:.92rem}
        nav a{text-decoration:none;padding:4px 0}nav a:hover{text-decoration:underline}
        .skip{position:absolute;left:-9999px}.skip:focus{left:12px;top:12px;background:var(--card);padding:8px}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:18px 28px;margin:34px 0 0}
        .facts div{border-top:2px solid var(--hair);padding-top:8px}
        .facts dt{font-size:.8rem;color:var(--soft)}.facts dd{margin:0;font-size:1.06rem;overflow-wrap:anywhere}
        .notices{list-style:none;padding:0;margin:30px 0 0;font-size:.94rem}
        .notices li{padding:9px 14px;border-left:3px solid var(--hair);margin:0 0 6px;max-width:84ch;\
        overflow-wrap:anywhere}
        .notices li.warning{border-color:var(--warn);background:var(--warnbg)}
        .notices li.warning::before{content:"Caution. ";font-weight:600;color:var(--warn)}
        p,dt,dd,figcaption,summary{overflow-wrap:anywhere}
        dl.terms dt{font-weight:600;margin-top:14px}dl.terms dd{margin:2px 0 0;max-width:76ch}
        details{margin:20px 0}summary{cursor:pointer;color:var(--accent)}
        footer{margin-top:88px;padding-top:18px;padding-bottom:48px;color:var(--soft);font-size:.86rem;\
        border-top:1px solid var(--hair);overflow-wrap:anywhere}
        code{font:.86em ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace}
        """

    private static let tables = """
        .scroll{overflow-x:auto;margin:18px 0 8px}
        table{border-collapse:collapse;width:100%;font-size:.93rem;line-height:1.35}
        caption{caption-side:bottom;text-align:left;color:var(--soft);font-size:.88rem;padding-top:10px}
        caption>span{display:block;max-width:min(76ch,calc(100vw - 40px));position:sticky;left:0}
        th,td{padding:9px 12px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
        th:first-child,td:first-child{padding-left:0}
        thead th{border-bottom:1.5px solid var(--ink);border-top:1.5px solid var(--ink);font-weight:600;\
        vertical-align:bottom;white-space:normal}
        tbody tr:last-child td,tbody tr:last-child th{border-bottom:1.5px solid var(--ink)}
        tbody th{font-weight:500;position:sticky;left:0;background:var(--paper)}
        .l{text-align:left}.w{white-space:normal;min-width:17ch;overflow-wrap:anywhere}
        .w.long{min-width:min(36ch,72vw)}tbody th.w{min-width:26ch}
        td.best{font-weight:700}
        td.muted,span.muted{color:var(--soft)}
        th button{font:inherit;font-weight:600;color:inherit;background:none;border:0;padding:0;cursor:pointer;\
        text-align:inherit;position:relative}
        th button::after{content:"";position:absolute;width:.9em;text-align:center}
        th[aria-sort=ascending] button::after{content:"↑"}th[aria-sort=descending] button::after{content:"↓"}
        th button:hover{text-decoration:underline}
        """

    private static let figures = """
        .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(430px,100%),1fr));gap:34px 40px;\
        margin-top:22px;align-items:start}
        figure{margin:0;min-width:0}
        figcaption{font-size:.88rem;line-height:1.5;color:var(--soft);margin-top:8px;max-width:66ch}
        figcaption b{color:var(--ink);font-weight:600}
        .key{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:.86rem;line-height:1.4}
        .key button{font:inherit;color:inherit;background:none;border:0;padding:3px 0;cursor:pointer;display:flex;\
        align-items:center;gap:7px;text-align:left}
        .key button[aria-pressed=false]{opacity:.4;text-decoration:line-through}
        .key svg{width:26px;height:10px;flex:none}
        .key line,.series path{stroke:var(--c);stroke-dasharray:var(--d);stroke-width:2;fill:none;\
        stroke-linejoin:round;stroke-linecap:butt}
        .plot{display:block;width:100%;height:auto;overflow:visible;touch-action:pan-y}
        .plot text{font-size:12.5px;fill:var(--soft)}
        .plot .title{fill:var(--ink);font-size:12.5px}
        .plot .isolabel{font-size:10.5px}.plot .nothing{font-style:italic}
        .rule{stroke:var(--rule)}.axis,.tick{stroke:var(--soft)}
        .iso{stroke:var(--hair);fill:none;stroke-dasharray:2 3}
        .reference path,.key .reference line{stroke-width:1.3;opacity:.9}
        .dot{fill:var(--c)}.mark{fill:var(--card);stroke:var(--c);stroke-width:2.4}
        .series[hidden]{display:none}
        .cursor{stroke:var(--soft);stroke-width:1;visibility:hidden}.live .cursor{visibility:visible}
        .readout{display:block;min-height:1.5em;font-size:.86rem;line-height:1.5;color:var(--ink)}
        .bars{display:grid;grid-template-columns:minmax(8ch,max-content) minmax(0,1fr) max-content;gap:4px 16px;\
        align-items:center;margin:8px 0 0;grid-auto-flow:row dense}
        .bars .name{grid-column:1}.bars .plotcell{grid-column:2}.bars .value{grid-column:3}
        .bars .name{font-weight:500;line-height:1.25;overflow-wrap:anywhere;max-width:24ch}
        .bars .value{font-size:1.35rem;font-weight:600;text-align:right}
        .bars svg{width:100%;height:38px;display:block;overflow:visible}
        .bars .track{fill:var(--rule)}.bars .bar{fill:var(--c)}
        .bars .city{fill:var(--card);fill-opacity:.85;stroke:var(--c);stroke-width:1.6}
        .bars .spread{stroke:var(--ink);stroke-width:1.2}
        .bars .ends{height:20px}.bars text{font-size:12px;fill:var(--soft)}
        """

    private static let panels = """
        .legend{display:flex;flex-wrap:wrap;gap:6px 22px;font-size:.9rem;margin:6px 0 0;padding:0;list-style:none}
        .legend li{display:flex;align-items:center;gap:8px}
        .legend svg{width:16px;height:16px}.legend rect{stroke:var(--soft);stroke-width:1}
        .city{margin-top:30px;border-top:1px solid var(--hair);padding-top:10px}
        .city h3{margin:0 0 10px;font-size:1.05rem}
        .row{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(142px,44%),1fr));gap:14px}
        .row button{display:block;width:100%;padding:0;border:1px solid var(--hair);border-radius:3px;\
        background:none;cursor:zoom-in;line-height:0}
        .row img{width:100%;height:auto;image-rendering:pixelated;border-radius:2px}
        .row figcaption{margin-top:5px;line-height:1.35;color:var(--ink)}
        .row figcaption span{display:block;color:var(--soft)}
        dialog{border:0;border-radius:8px;padding:16px 18px;background:var(--card);color:var(--ink);\
        max-width:min(96vw,1000px);width:max-content;text-align:center}
        dialog::backdrop{background:rgba(10,14,16,.72)}
        dialog img{width:min(88vw,76vh,900px);height:auto;image-rendering:pixelated;display:block;margin:8px auto}
        dialog .bar{display:flex;justify-content:space-between;align-items:center;gap:16px}
        dialog button{font:inherit;color:inherit;background:none;border:1px solid var(--hair);border-radius:6px;\
        padding:5px 13px;cursor:pointer}
        """

    /// Bands of curves, matrices, and images that lie over one another.
    private static let documents = """
        .series .band{fill:var(--c);fill-opacity:.16;stroke:none}
        td.warning,th.warning{color:var(--warn);font-weight:600}
        .met::before{content:"✓ "}.unmet::before{content:"✗ "}.unmet{color:var(--warn);font-weight:600}
        .matrix{display:block;width:100%;max-width:560px;height:auto}
        .matrix rect{fill:var(--s0);stroke:var(--paper)}.matrix text{font-size:12px;fill:var(--soft)}
        .matrix .on{fill:#fff}.matrix .off{fill:var(--ink)}
        .swipe{margin:0 0 26px;max-width:560px}
        .swipe .stack{position:relative;border:1px solid var(--hair);border-radius:3px;overflow:hidden;line-height:0}
        .swipe img{width:100%;height:auto;image-rendering:pixelated}
        .swipe img.over{position:absolute;inset:0;height:100%}
        .swipe input{width:100%;margin:8px 0 0;accent-color:var(--accent)}
        .swipe .choice{display:flex;flex-wrap:wrap;gap:8px 18px;justify-content:space-between;font-size:.88rem}
        .swipe select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--hair);border-radius:5px;\
        padding:3px 6px;max-width:100%}
        .swipe .all{display:none}
        @media print{.swipe{grid-column:1/-1;max-width:none}.swipe input,.swipe .choice,.swipe .stack{display:none}\
        .swipe .all{display:grid;grid-template-columns:repeat(5,1fr);gap:8px;font-size:7.6pt;line-height:1.3}}
        """

    private static let paper = """
        @media (max-width:560px){main,header.top,footer{padding-left:18px;padding-right:18px}\
        header.top{padding-top:34px}h2{margin-top:54px}.plot text,.plot .title{font-size:14.5px}\
        .bars{grid-template-columns:1fr max-content;gap:0 12px}.bars .name{max-width:none;align-self:end}\
        .bars .plotcell{grid-column:1/-1}.bars .value{grid-column:2;font-size:1.15rem}\
        .bars svg{height:30px}.facts{grid-template-columns:1fr 1fr}\
        tbody th,tbody th.w{white-space:normal;min-width:12ch;max-width:38vw;overflow-wrap:anywhere}}
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
        @media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#111;--soft:#444;--hair:#bbb;\
        --rule:#ddd;--accent:#111;--warn:#7a4200;--warnbg:#fff;--s0:#0072b2;--s1:#c24e00;--s2:#00805d;\
        --s3:#a8518a;--s4:#8f6a00;--s5:#2f86b8}body{font-size:10.5pt}nav,.skip,.readout,dialog{display:none}\
        main,header.top,footer{max-width:none;padding:0}header.top{padding-top:0}h2{margin-top:30px;\
        break-after:avoid}h3,.intro{break-after:avoid}figure,tr,.city,.notices li{break-inside:avoid}\
        .figures{grid-template-columns:1fr 1fr;gap:20px}.scroll{overflow:visible}\
        table{font-size:8.6pt}th,td{padding:5px 7px}.w,.w.long,tbody th.w{min-width:0}\
        .row{grid-template-columns:repeat(6,1fr);gap:8px}*{print-color-adjust:exact;\
        -webkit-print-color-adjust:exact}@page{margin:16mm 14mm}}
        """
}
