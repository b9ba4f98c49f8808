public import ArgumentParser
public import DataPrep
import Foundation

extension SurfaceRule: ExpressibleByArgument {}

/// What becomes of scenes above the atmosphere; what is not given is as it was.
struct SurfaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Reflectance of the ground from L1C. Default: delivered.",
            discussion:
                "delivered keeps the numbers and refuses a region of L1C and L2A; sen2cor runs Sen2Cor; "
                + "dark-object takes out the air and, by a dark object, the haze; auto is sen2cor where installed, "
                + "else dark-object."))
    var surfaceReflectance: SurfaceRule?

    @Option(help: "Sen2Cor's L2A_Process. Default: the one on PATH.")
    var sen2cor: String?

    @Option(
        name: .customLong("sen2cor-timeout"),
        help: """
            Minutes that Sen2Cor may work on one product, 0 for no limit; a date that takes longer is set aside. \
            Default: 180.
            """)
    var sen2corMinutes: Int?

    @Option(
        help: "Height of the ground in metres, for the air pressure of dark-object. Default: 0.")
    var elevation: Double?

    func validate() throws {
        guard (-500...9000).contains(elevation ?? 0) else {
            throw ValidationError("--elevation is -500 to 9000 metres.")
        }
        guard (0...10_080).contains(sen2corMinutes ?? 0) else {
            throw ValidationError("--sen2cor-timeout is 0 (no limit) to 10080 minutes.")
        }
    }

    func apply(to settings: inout PrepSettings) {
        settings.surfaceReflectance = surfaceReflectance ?? settings.surfaceReflectance
        settings.surfaceElevation = elevation ?? settings.surfaceElevation
    }

    /// Sen2Cor as named, or as found on PATH where the settings may use it.
    ///
    /// `minutes` is how long it may work on one product where no option says so, 0 for no limit.
    func processor(for settings: PrepSettings, minutes: Int) throws -> Sen2Cor? {
        let timeout = Sen2Cor.limit(minutes: sen2corMinutes ?? minutes)
        if let sen2cor { return try Sen2Cor(path: sen2cor, timeout: timeout) }
        guard [.auto, .sen2cor].contains(settings.surfaceReflectance) else { return nil }
        return Sen2Cor(
            searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "", timeout: timeout)
    }
}
