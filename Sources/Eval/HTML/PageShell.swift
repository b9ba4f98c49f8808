/// What every page of the suite stands in: head, policy, style and script.
struct PageShell {
    /// The page's title, as it is.
    let title: String
    /// The program and version that made it.
    let generator: String
    /// The place that "Skip to the results" leads to.
    let results: String

    /// The whole page around what its body holds.
    func markup(_ body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="\(HTMLPage.policy)">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <meta name="generator" content="\(Markup.escape(generator))">
        <title>\(Markup.name(title))</title>
        <style>\(Stylesheet.text)</style>
        </head>
        <body>
        <a class="skip" href="#\(results)">Skip to the results</a>
        \(body)
        <script>\(Script.text)</script>
        </body>
        </html>

        """
    }
}
