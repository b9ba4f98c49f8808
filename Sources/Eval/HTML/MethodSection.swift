/// How it was measured: methods, definitions, and the files behind the numbers.
struct MethodSection {
    let report: Report

    init(_ report: Report) {
        self.report = report
    }

    func markup() -> String {
        let methods = report.methods.map { method in
            """
            <dt>\(Markup.name(method.title))</dt><dd>\(Markup.escape(method.description)) \
            Threshold: \(Markup.escape(method.thresholdRule)).</dd>
            """
        }
        let terms = report.definitions.map { definition in
            "<dt>\(Markup.escape(definition.term))</dt><dd>\(Markup.escape(definition.text))</dd>"
        }
        return """
            <section id="method" aria-labelledby="method-title">
            <h2 id="method-title">How it was measured</h2>
            <h3>Methods</h3>
            <dl class="terms">\(methods.joined())</dl>
            <h3>Definitions</h3>
            <dl class="terms">\(terms.joined())</dl>
            <details><summary>The \(report.inputs.count) files behind this report, with their digests</summary>
            \(inputs.markup())
            </details>
            </section>
            """
    }

    private var inputs: HTMLTable {
        HTMLTable(
            caption:
                "Data set digest: <code>\(Markup.escape(report.dataset.sha256 ?? "none recorded"))</code>",
            columns: [
                .init(title: "File", isNumber: false), .init(title: "Bytes"),
                .init(title: "SHA-256", isNumber: false),
            ],
            rows: report.inputs.map { input in
                [
                    .name(input.path), .count(Int64(input.bytes)),
                    HTMLTable.Cell(html: "<code>\(Markup.escape(input.sha256))</code>"),
                ]
            })
    }
}
