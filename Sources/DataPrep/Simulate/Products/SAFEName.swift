/// The names inside and of one simulated L2A product.
struct SAFEName: Sendable {
    let site: SeriesSite
    let day: SimulatedDay
    let index: Int

    /// "S2A" and "S2B" in turn.
    var satellite: String { index % 2 == 0 ? "S2A" : "S2B" }
    /// "0400".
    var baseline: String { SeriesCalendar.baseline(day) }
    /// "04.00".
    var dottedBaseline: String { baseline.prefix(2) + "." + baseline.suffix(2) }
    /// "20200601T101031".
    var sensed: String { "\(day.compact())T101031" }
    /// "2020-06-01T10:10:31.024Z".
    var sensedISO: String { "\(day.compact("-"))T10:10:31.024Z" }
    /// Absolute orbit, made up: grows with the day.
    var orbit: String {
        padded((day.year - 2015) * 5200 + day.dayOfYear * 14 + site.relativeOrbit, 6)
    }
    /// The SAFE folder.
    var product: String {
        "\(satellite)_MSIL2A_\(sensed)_N\(baseline)_R\(padded(site.relativeOrbit, 3))_\(site.tile)_"
            + "\(day.compact())T140000.SAFE"
    }
    /// The granule folder, below GRANULE.
    var granule: String { "L2A_\(site.tile)_A\(orbit)_\(sensed)" }
    /// Path of an image below the product, without its extension.
    func image(_ layer: String, resolution: Int) -> String {
        "GRANULE/\(granule)/IMG_DATA/R\(resolution)m/\(site.tile)_\(sensed)_\(layer)_\(resolution)m"
    }
    /// The identifier of the tile in the metadata.
    var tileIdentifier: String {
        "\(satellite)_OPER_MSI_L2A_TL_2APS_\(day.compact())T140000_A\(orbit)_\(site.tile)_"
            + "N\(dottedBaseline)"
    }
    /// The identifier of the datastrip in the metadata.
    var datastrip: String {
        "\(satellite)_OPER_MSI_L2A_DS_2APS_\(day.compact())T140000_S\(sensed)_N\(dottedBaseline)"
    }
}
