import Geo

/// `MTD_MSIL2A.xml`: the fields that real readers use, in the order of ESA's file (PSD 14).
struct SAFEMetadata {
    let name: SAFEName
    let image: SimulatedImage
    /// Images without their extension, below the product.
    let files: [String]
    /// Longitude and latitude of the corners, clockwise from the upper left one.
    let footprint: [Position]

    /// The document.
    var text: String {
        """
        <?xml version="1.0" encoding="UTF-8" standalone="no"?>
        <n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
          <n1:General_Info>
        \(productInfo)
        \(characteristics)
          </n1:General_Info>
        \(geometry)
          <n1:Quality_Indicators_Info>
            <Cloud_Coverage_Assessment>\(percent(image.cloudFraction))</Cloud_Coverage_Assessment>
          </n1:Quality_Indicators_Info>
        </n1:Level-2A_User_Product>

        """
    }

    private var productInfo: String {
        let list = files.map { "            <IMAGE_FILE>\($0)</IMAGE_FILE>" }
        return """
                <Product_Info>
                  <PRODUCT_START_TIME>\(name.sensedISO)</PRODUCT_START_TIME>
                  <PRODUCT_STOP_TIME>\(name.sensedISO)</PRODUCT_STOP_TIME>
                  <PRODUCT_URI>\(name.product)</PRODUCT_URI>
                  <PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
                  <PRODUCT_TYPE>S2MSI2A</PRODUCT_TYPE>
                  <PROCESSING_BASELINE>\(name.dottedBaseline)</PROCESSING_BASELINE>
                  <GENERATION_TIME>\(name.day.compact("-"))T14:00:00.000000Z</GENERATION_TIME>
                  <PREVIEW_IMAGE_URL>Not applicable</PREVIEW_IMAGE_URL>
                  <PREVIEW_GEO_INFO>Not applicable</PREVIEW_GEO_INFO>
                  <Datatake datatakeIdentifier="G\(name.satellite)_\(name.sensed)_\(name.orbit)_N\(name.dottedBaseline)">
                    <SPACECRAFT_NAME>Sentinel-2\(name.satellite.suffix(1))</SPACECRAFT_NAME>
                    <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
                    <DATATAKE_SENSING_START>\(name.sensedISO)</DATATAKE_SENSING_START>
                    <SENSING_ORBIT_NUMBER>\(name.site.relativeOrbit)</SENSING_ORBIT_NUMBER>
                    <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
                  </Datatake>
                  <Query_Options completeSingleTile="true">
                    <PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>
                  </Query_Options>
                  <Product_Organisation>
                    <Granule_List>
                      <Granule datastripIdentifier="\(name.datastrip)" granuleIdentifier="\(name.tileIdentifier)" imageFormat="JPEG2000">
            \(list.joined(separator: "\n"))
                      </Granule>
                    </Granule_List>
                  </Product_Organisation>
                </Product_Info>
            """
    }

    private var characteristics: String {
        let offsets = (0..<13).map {
            "          <BOA_ADD_OFFSET band_id=\"\($0)\">\(-image.acquisition.offset)</BOA_ADD_OFFSET>"
        }
        let list =
            "        <BOA_ADD_OFFSET_VALUES_LIST>\n\(offsets.joined(separator: "\n"))\n"
            + "        </BOA_ADD_OFFSET_VALUES_LIST>\n"
        return """
                <Product_Image_Characteristics>
                  <Special_Values>
                    <SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
                    <SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>
                  </Special_Values>
                  <Special_Values>
                    <SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
                    <SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX>
                  </Special_Values>
                  <Image_Display_Order>
                    <RED_CHANNEL>3</RED_CHANNEL>
                    <GREEN_CHANNEL>2</GREEN_CHANNEL>
                    <BLUE_CHANNEL>1</BLUE_CHANNEL>
                  </Image_Display_Order>
                  <QUANTIFICATION_VALUES_LIST>
                    <BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
                    <AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>
                    <WVP_QUANTIFICATION_VALUE unit="cm">1000.0</WVP_QUANTIFICATION_VALUE>
                  </QUANTIFICATION_VALUES_LIST>
            \(image.acquisition.offset == 0 ? "" : list)\(spectralInformation)
                </Product_Image_Characteristics>
            """
    }

    private var spectralInformation: String {
        let entries = Sentinel2Band.allCases.map { band in
            let centre = band.centreWavelengthInNanometres
            return """
                      <Spectral_Information bandId="\(band.index)" physicalBand="\(physicalName(band))">
                        <RESOLUTION>\(band.nativeResolutionInMetres)</RESOLUTION>
                        <Wavelength>
                          <MIN unit="nm">\(Int(centre) - 15)</MIN>
                          <MAX unit="nm">\(Int(centre) + 15)</MAX>
                          <CENTRAL unit="nm">\(centre)</CENTRAL>
                        </Wavelength>
                      </Spectral_Information>
                """
        }
        return "        <Spectral_Information_List>\n\(entries.joined(separator: "\n"))\n"
            + "        </Spectral_Information_List>"
    }

    private var geometry: String {
        let ring = (footprint + footprint.prefix(1)).map { "\($0.y) \($0.x)" }
        return """
              <n1:Geometric_Info>
                <Product_Footprint>
                  <Product_Footprint>
                    <Global_Footprint>
                      <EXT_POS_LIST>\(ring.joined(separator: " "))</EXT_POS_LIST>
                    </Global_Footprint>
                  </Product_Footprint>
                  <RASTER_CS_TYPE>POINT</RASTER_CS_TYPE>
                  <PIXEL_ORIGIN>1</PIXEL_ORIGIN>
                </Product_Footprint>
                <Coordinate_Reference_System>
                  <GEO_TABLES version="1">EPSG</GEO_TABLES>
                  <HORIZONTAL_CS_TYPE>GEOGRAPHIC</HORIZONTAL_CS_TYPE>
                </Coordinate_Reference_System>
              </n1:Geometric_Info>
            """
    }

    /// "B1", "B8A": the names without leading zeros.
    private func physicalName(_ band: Sentinel2Band) -> String {
        band.rawValue.replacing("B0", with: "B")
    }

    private func percent(_ fraction: Double) -> String { String((fraction * 1e8).rounded() / 1e6) }
}
