import Geo

/// `MTD_TL.xml` of the one granule: geocoding, sun and view angles, content percentages.
///
/// The tile is partial: its size is the simulated one, not 10980; its corner is the real tile's.
struct SAFETileMetadata {
    let name: SAFEName
    let image: SimulatedImage
    let size: Int

    /// The document.
    var text: String {
        """
        <?xml version="1.0" encoding="UTF-8" standalone="no"?>
        <n1:Level-2A_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd">
          <n1:General_Info>
            <TILE_ID metadataLevel="Brief">\(name.tileIdentifier)</TILE_ID>
            <DATASTRIP_ID metadataLevel="Standard">\(name.datastrip)</DATASTRIP_ID>
            <DOWNLINK_PRIORITY metadataLevel="Standard">NOMINAL</DOWNLINK_PRIORITY>
            <SENSING_TIME metadataLevel="Standard">\(name.sensedISO)</SENSING_TIME>
          </n1:General_Info>
          <n1:Geometric_Info>
        \(geocoding)
        \(angles)
          </n1:Geometric_Info>
          <n1:Quality_Indicators_Info metadataLevel="Standard">
            <Image_Content_QI>
        \(content)
            </Image_Content_QI>
          </n1:Quality_Indicators_Info>
        </n1:Level-2A_Tile_ID>

        """
    }

    private var geocoding: String {
        let zone = name.site.epsg % 100
        let sizes = [10, 20, 60].map { resolution in
            let side = size * 10 / resolution
            return "      <Size resolution=\"\(resolution)\">\n        <NROWS>\(side)</NROWS>\n"
                + "        <NCOLS>\(side)</NCOLS>\n      </Size>"
        }
        let positions = [10, 20, 60].map { resolution in
            "      <Geoposition resolution=\"\(resolution)\">\n"
                + "        <ULX>\(Int(name.site.originX))</ULX>\n"
                + "        <ULY>\(Int(name.site.originY))</ULY>\n"
                + "        <XDIM>\(resolution)</XDIM>\n        <YDIM>-\(resolution)</YDIM>\n"
                + "      </Geoposition>"
        }
        return """
                <Tile_Geocoding metadataLevel="Brief">
                  <HORIZONTAL_CS_NAME>WGS84 / UTM zone \(zone)N</HORIZONTAL_CS_NAME>
                  <HORIZONTAL_CS_CODE>EPSG:\(name.site.epsg)</HORIZONTAL_CS_CODE>
            \((sizes + positions).joined(separator: "\n"))
                </Tile_Geocoding>
            """
    }

    private var angles: String {
        let (zenith, azimuth) = (image.sun.zenithInDegrees, image.sun.azimuthInDegrees)
        let views = Sentinel2Band.allCases.map { band in
            """
                  <Viewing_Incidence_Angles_Grids bandId="\(band.index)" detectorId="6">
            \(grid("Zenith", 3.2, perRow: 0.01, perColumn: 0.04))
            \(grid("Azimuth", 104.5, perRow: 0.05, perColumn: 0.1))
                  </Viewing_Incidence_Angles_Grids>
            """
        }
        let means = Sentinel2Band.allCases.map { band in
            "        <Mean_Viewing_Incidence_Angle bandId=\"\(band.index)\">\n"
                + "          <ZENITH_ANGLE unit=\"deg\">3.2</ZENITH_ANGLE>\n"
                + "          <AZIMUTH_ANGLE unit=\"deg\">104.5</AZIMUTH_ANGLE>\n"
                + "        </Mean_Viewing_Incidence_Angle>"
        }
        return """
                <Tile_Angles metadataLevel="Standard">
                  <Sun_Angles_Grid>
            \(grid("Zenith", zenith, perRow: 0.04, perColumn: -0.02))
            \(grid("Azimuth", azimuth, perRow: -0.02, perColumn: 0.06))
                  </Sun_Angles_Grid>
                  <Mean_Sun_Angle>
                    <ZENITH_ANGLE unit="deg">\(zenith)</ZENITH_ANGLE>
                    <AZIMUTH_ANGLE unit="deg">\(azimuth)</AZIMUTH_ANGLE>
                  </Mean_Sun_Angle>
            \(views.joined(separator: "\n"))
                  <Mean_Viewing_Incidence_Angle_List>
            \(means.joined(separator: "\n"))
                  </Mean_Viewing_Incidence_Angle_List>
                </Tile_Angles>
            """
    }

    /// A 23 × 23 grid of angles, 5 km apart, as ESA's.
    private func grid(
        _ kind: String, _ first: Double, perRow: Double, perColumn: Double
    ) -> String {
        let lines = (0..<23).map { row in
            let values = (0..<23).map { column in
                let angle = first + Double(row) * perRow + Double(column) * perColumn
                return String((angle * 10_000).rounded() / 10_000)
            }
            return "            <VALUES>\(values.joined(separator: " "))</VALUES>"
        }
        return """
                    <\(kind)>
                      <COL_STEP unit="m">5000</COL_STEP>
                      <ROW_STEP unit="m">5000</ROW_STEP>
                      <Values_List>
            \(lines.joined(separator: "\n"))
                      </Values_List>
                    </\(kind)>
            """
    }

    private var content: String {
        let classes = image.sceneClasses
        let present = max(1, classes.count { $0 != 0 })
        func line(_ name: String, _ value: Double) -> String {
            "      <\(name)>\((value * 1e8).rounded() / 1e6)</\(name)>"
        }
        func share(_ scene: SceneClass) -> Double {
            Double(classes.count { $0 == scene.rawValue }) / Double(present)
        }
        let empty = Double(classes.count { $0 == 0 }) / Double(max(1, classes.count))
        return [
            line("CLOUDY_PIXEL_PERCENTAGE", image.cloudFraction),
            line("NODATA_PIXEL_PERCENTAGE", empty), line("DARK_FEATURES_PERCENTAGE", share(.dark)),
            line("CLOUD_SHADOW_PERCENTAGE", share(.cloudShadow)),
            line("VEGETATION_PERCENTAGE", share(.vegetation)),
            line("NOT_VEGETATED_PERCENTAGE", share(.notVegetated)),
            line("WATER_PERCENTAGE", share(.water)),
            line("UNCLASSIFIED_PERCENTAGE", share(.unclassified)),
            line("MEDIUM_PROBA_CLOUDS_PERCENTAGE", share(.cloudMediumProbability)),
            line("HIGH_PROBA_CLOUDS_PERCENTAGE", share(.cloudHighProbability)),
            line("THIN_CIRRUS_PERCENTAGE", share(.thinCirrus)),
            line("SNOW_ICE_PERCENTAGE", share(.snow)),
        ].joined(separator: "\n")
    }
}
