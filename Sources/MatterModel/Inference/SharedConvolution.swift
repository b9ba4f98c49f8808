import Tensors

/// A convolution whose products windows share where they overlap (see `AxisForms`): each is computed once a pixel of the ground.
///
/// Uses `matter::sum_products` and `matter::gather_forms`, operators of our own.
struct SharedConvolution {
    /// The forms of the outputs, along both axes.
    let outputs: AxisForms
    /// Values a pixel that computing it holds: products and sums.
    let valuesAPixel: Int
    private let inputForms: Int
    /// For each form of the input: (inputs, products · outputs).
    private let weights: [Tensor]
    private let bias: Tensor
    /// (form, product, rows down, columns right).
    private let terms: [Int]
    private let cut: Bool

    init(_ convolution: Conv2d, _ norm: BatchNorm2d, of inputs: AxisForms, stride: Int, cut: Bool) {
        let folded = convolution.folding(norm)
        let weight = folded.weight.value
        let axis = inputs.convolved(size: weight.size(3), stride: stride)
        (outputs, inputForms, self.cut) = (axis.outputs, inputs.count, cut)
        bias = folded.bias?.value.detached() ?? .zeros([weight.size(0)])
        var slots: [[AxisForms.Product]: Int] = [:]
        weights = (0..<inputs.count * inputs.count).map { form in
            let rows = axis.products.filter { $0.form == form / inputs.count }
            let columns = axis.products.filter { $0.form == form % inputs.count }
            let taps = rows.flatMap { row in
                columns.map { column in
                    slots[[row, column]] = slots.count
                    return weight.select(3, column.tap).select(2, row.tap).transposed(0, 1)
                }
            }
            return taps.isEmpty
                ? Tensor.zeros([weight.size(1), 0]) : Tensor.cat(taps, dimension: 1).contiguous()
        }
        terms = Self.terms(axis, slots)
        valuesAPixel = (slots.count + outputs.count * outputs.count) * weight.size(0)
    }

    private static func terms(
        _ axis: AxisForms.Convolution, _ slots: [[AxisForms.Product]: Int]
    ) -> [Int] {
        let forms = axis.sums.count
        return (0..<forms * forms).flatMap { form in
            axis.sums[form / forms].flatMap { row in
                axis.sums[form % forms].flatMap { column in
                    let pair = [axis.products[row.product], axis.products[column.product]]
                    return [form, slots[pair] ?? 0, row.shift, column.shift]
                }
            }
        }
    }

    /// The maps of an area: (height, width, forms², inputs) → (height, width, forms², outputs).
    ///
    /// What lies outside the area counts as zero: at its edge only windows that end there have what they need.
    func callAsFunction(_ area: Tensor) -> Tensor {
        let (height, width) = (area.size(0), area.size(1))
        let flat = area.reshaped([height * width, inputForms * inputForms, -1])
        let products = Tensor.zeros([height * width, weights.reduce(0) { $0 + $1.size(1) }])
        var start = 0
        for (form, weight) in weights.enumerated() where weight.size(1) > 0 {
            // Written where it belongs: a join would cost as much as the product.
            _ = matrixProduct(
                flat.select(1, form), weight,
                products.narrow(1, start: start, length: weight.size(1)))
            start += weight.size(1)
        }
        return sumProducts(
            products.reshaped([height, width, -1, bias.size(0)]), bias, terms,
            outputs.count * outputs.count, cut)
    }
}

extension AxisForms {
    /// The maps of the windows whose first pixels are given, put together of the maps of an area.
    ///
    /// - Parameters:
    ///   - maps: (height, width, forms², channels).
    ///   - positions: int64 (windows, 2): row and column.
    /// - Returns: (windows, positions², channels).
    func windows(of maps: Tensor, at positions: Tensor) -> Tensor {
        let places = forms.indices.flatMap { row in
            forms.indices.flatMap { column in
                [row * step, column * step, forms[row] * count + forms[column]]
            }
        }
        return gatherForms(maps, positions, places)
    }
}

private let matrixProduct = Operator("aten::mm", "out")
private let sumProducts = Operator("matter::sum_products")
private let gatherForms = Operator("matter::gather_forms")
