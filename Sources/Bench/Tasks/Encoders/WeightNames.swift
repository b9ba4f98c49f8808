import Tensors

/// Weights of a residual network in a file, found under the names that are in use.
///
/// torchvision's and timm's ("layer1.0.conv1.weight") and those of a bare sequence of torchvision's layers ("4.0.conv1.weight", as
/// SeCo's code saves them), below any prefix ("module.", "encoder_q.", "backbone.").
struct WeightNames {
    /// Arrays by torchvision's names.
    let arrays: [String: HostArray]
    /// What stood before those names in the file: "encoder_q.".
    let prefix: String
    /// Names in the file that belong to no such network, sorted.
    let others: [String]

    /// Finds the network; nil where there is none.
    init?(_ file: [String: HostArray]) {
        let names = file.keys.sorted()
        let plain = Self.prefixes(of: names, "conv1.weight", "layer1.0.conv1.weight")
        let numbered = Self.prefixes(of: names, "0.weight", "4.0.conv1.weight")
        // A student is chosen before its teacher: "encoder_q." before "encoder_k.".
        let order = { (prefix: String) in
            (prefix.contains("_k") || prefix.contains("teacher") ? 1 : 0, prefix.utf8.count, prefix)
        }
        guard let prefix = (plain + numbered).min(by: { order($0) < order($1) }) else { return nil }
        let isNumbered = !plain.contains(prefix)
        var arrays: [String: HostArray] = [:]
        var others: [String] = []
        for name in names {
            guard name.hasPrefix(prefix),
                let own = Self.torchvision(String(name.dropFirst(prefix.count)), isNumbered)
            else {
                others.append(name)
                continue
            }
            arrays[own] = file[name]
        }
        (self.arrays, self.prefix, self.others) = (arrays, prefix, others)
    }

    /// The depth that the blocks' names tell.
    var depth: TaskEncoder.Backbone {
        if arrays["layer1.0.conv3.weight"] != nil {
            return arrays["layer3.22.conv1.weight"] != nil ? .resnet101 : .resnet50
        }
        return arrays["layer1.2.conv1.weight"] != nil ? .resnet34 : .resnet18
    }

    /// The stem that the first convolution's size tells.
    var stem: TaskEncoder.Stem {
        arrays["conv1.weight"]?.shape.last == 7 ? .torchvision : .method
    }

    /// How many stages there are.
    var stages: Int { (1...4).last { arrays["layer\($0).0.conv1.weight"] != nil } ?? 0 }

    private static func prefixes(of names: [String], _ first: String, _ second: String) -> [String]
    {
        let all = Set(names)
        return names.compactMap { name in
            guard name.hasSuffix(first) else { return nil }
            let prefix = String(name.dropLast(first.count))
            let isWhole = prefix.isEmpty || prefix.hasSuffix(".")
            return isWhole && all.contains(prefix + second) ? prefix : nil
        }
    }

    private static func torchvision(_ name: String, _ isNumbered: Bool) -> String? {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        guard isNumbered else {
            return ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4"].contains(parts[0])
                ? name : nil
        }
        switch parts[0] {
        case "0": return "conv1.\(parts[1])"
        case "1": return "bn1.\(parts[1])"
        case "4", "5", "6", "7": return "layer\((Int(parts[0]) ?? 4) - 3).\(parts[1])"
        default: return nil
        }
    }
}
