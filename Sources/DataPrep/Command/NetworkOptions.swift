import ArgumentParser
import Raster

/// Whether scenes may be read from the network: not unless somebody says so.
struct NetworkOptions: ParsableArguments {
    @Flag(
        help: """
            Use the network: for what a recipe's [fetch] wants and is not there yet, and for the files of STAC items that \
            lie behind https:// or s3://.
            """)
    var allowNetwork = false

    @Flag(help: "Sign requests to S3 with the AWS credentials of the environment.")
    var signedS3 = false

    func validate() throws {
        guard allowNetwork || !signedS3 else {
            throw ValidationError("--signed-s3 goes with --allow-network.")
        }
    }

    /// From here on the network is used if the options say so.
    func start() {
        if allowNetwork { Network.allow(signsS3: signedS3) }
    }
}
