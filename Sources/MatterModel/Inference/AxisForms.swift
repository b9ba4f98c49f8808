/// Which values along an axis of a window are the same for all windows that cover a pixel of the ground, and which depend on where the
/// window's border is: positions of one form hold the same function of the ground around their pixel.
///
/// In the gathered pixels all positions have one form. A convolution of three taps makes three of it: the first position, where a tap falls
/// on padding, the inner ones, and the last. Each next one makes two more, until every position has its own.
struct AxisForms: Equatable {
    /// The form of each position.
    let forms: [Int]
    /// Pixels of the ground from one position to the next; the first one lies on the window's first pixel.
    let step: Int

    /// How many forms there are.
    var count: Int { (forms.max() ?? -1) + 1 }

    /// A window of pixels.
    init(pixels window: Int) {
        self.init(forms: Array(repeating: 0, count: window), step: 1)
    }

    private init(forms: [Int], step: Int) {
        (self.forms, self.step) = (forms, step)
    }

    /// A tap's product with a form, the same wherever it is needed.
    struct Product: Hashable {
        let form, tap: Int
    }

    /// A convolution of such an axis.
    struct Convolution: Equatable {
        let outputs: AxisForms
        /// What is multiplied, once a pixel of the ground.
        let products: [Product]
        /// For each form of the outputs the products that it sums, and how many pixels away each is taken.
        let sums: [[(product: Int, shift: Int)]]

        static func == (left: Self, right: Self) -> Bool {
            left.outputs == right.outputs && left.products == right.products
        }
    }

    /// What a convolution with zero padding of half its taps makes of the axis.
    func convolved(size: Int, stride: Int) -> Convolution {
        let terms = Swift.stride(from: 0, to: forms.count, by: stride).map { centre in
            (0..<size).compactMap { tap -> Product? in
                let place = centre + tap - size / 2
                return forms.indices.contains(place) ? Product(form: forms[place], tap: tap) : nil
            }
        }
        var distinct: [[Product]] = []
        let outputs = terms.map { each in
            if let known = distinct.firstIndex(of: each) { return known }
            distinct.append(each)
            return distinct.count - 1
        }
        let products = Set(distinct.joined()).sorted { ($0.form, $0.tap) < ($1.form, $1.tap) }
        let sums = distinct.map { each in
            each.map { term in
                (products.firstIndex(of: term) ?? 0, (term.tap - size / 2) * step)
            }
        }
        return Convolution(
            outputs: AxisForms(forms: outputs, step: step * stride), products: products, sums: sums)
    }
}
