/// Two images over one another, with a slider between them.
struct SwipeMarkup {
    private let images: Document.Images

    init(_ images: Document.Images) { self.images = images }

    func markup() -> String {
        guard let first = images.images.first else { return "" }
        let second = images.images.dropFirst().first ?? first
        let choices = ["Left", "Right"].enumerated().map { place, name in
            let options = images.images.enumerated().map { index, image in
                let isChosen = index == min(place, images.images.count - 1)
                return "<option\(isChosen ? " selected" : "")>\(Markup.name(image.role))</option>"
            }
            return "<label>\(name) <select>\(options.joined())</select></label>"
        }
        let all = images.images.map {
            "<div>\(image($0, kind: ""))<span>\(Markup.name($0.role))</span></div>"
        }
        return """
            <figure class="swipe"><div class="stack">\(image(first, kind: ""))\(image(second, kind: " class=\"over\""))</div>
            <input type="range" min="0" max="100" value="50" aria-label="How much of the left image is seen">
            <div class="choice">\(choices.joined())</div>
            <div class="all">\(all.joined())</div>
            <figcaption><b>\(Markup.name(images.title)).</b> \(Markup.escape(images.note ?? ""))</figcaption>\(legend)</figure>
            """
    }

    private var legend: String {
        let keys = (images.legend ?? []).map { key in
            """
            <li><svg viewBox="0 0 16 16" aria-hidden="true"><rect x=".5" y=".5" width="15" height="15" \
            fill="\(Markup.escape(key.colour))"/></svg>\(Markup.name(key.text))</li>
            """
        }
        guard !keys.isEmpty else { return "" }
        return "<ul class=\"legend\" aria-label=\"Colours\">\(keys.joined())</ul>"
    }

    private func image(_ panel: Report.Panel, kind: String) -> String {
        """
        <img\(kind) width="\(panel.width)" height="\(panel.height)" alt="\(Markup.name("\(images.title): \(panel.role)"))" \
        src="data:image/png;base64,\(panel.pngBase64)">
        """
    }
}
