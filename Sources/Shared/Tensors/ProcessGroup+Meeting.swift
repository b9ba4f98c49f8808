extension ProcessGroup {
    /// Where and how the processes of a group find each other.
    public struct Meeting: Sendable, Hashable {
        /// The machine of rank 0, or of torchrun's agent.
        public var host: String
        /// The port of the store there.
        public var port: Int
        /// This process's number, from 0.
        public var rank: Int
        /// How many processes there are.
        public var size: Int
        /// This process's number on its machine, from 0.
        public var localRank: Int
        /// Whether this process keeps the store.
        public var isServer: Bool
        /// What the store's keys begin with, so that a second attempt does not meet the first.
        public var prefix: String
        /// The network interface to talk by; empty for the host's address.
        public var interface = ""
        /// How long joining and every operation may take.
        public var timeout = Duration.seconds(120)

        /// A meeting where rank 0 keeps the store.
        public init(host: String, port: Int, rank: Int, size: Int) {
            (self.host, self.port, self.rank, self.size) = (host, port, rank, size)
            (localRank, isServer, prefix) = (rank, rank == 0, "matter/0")
        }

        /// Reads the variables that torchrun sets; `nil` where there is no group: no `WORLD_SIZE`, or one of 1.
        ///
        /// `MASTER_ADDR`, `MASTER_PORT`, `RANK`, `WORLD_SIZE`; where given, `LOCAL_RANK`, `TORCHELASTIC_USE_AGENT_STORE`,
        /// `TORCHELASTIC_RESTART_COUNT` and `GLOO_SOCKET_IFNAME`.
        ///
        /// - Throws: `TorchError` (`configuration`) naming the variable that is missing or makes no sense.
        public init?(environment: [String: String]) throws(TorchError) {
            guard environment["WORLD_SIZE"] != nil else { return nil }
            func number(_ name: String, _ range: ClosedRange<Int>) throws(TorchError) -> Int {
                guard let text = environment[name] else {
                    throw Self.wrong(name, "is missing")
                }
                guard let value = Int(text), range.contains(value) else {
                    throw Self.wrong(
                        name, "is \"\(text)\"; expected \(range.lowerBound)…\(range.upperBound)")
                }
                return value
            }
            let size = try number("WORLD_SIZE", 1...65536)
            guard size > 1 else { return nil }
            let rank = try number("RANK", 0...size - 1)
            guard let host = environment["MASTER_ADDR"], !host.isEmpty else {
                throw Self.wrong("MASTER_ADDR", "is missing")
            }
            self.init(
                host: host, port: try number("MASTER_PORT", 1...65535), rank: rank, size: size)
            if environment["LOCAL_RANK"] != nil {
                localRank = try number("LOCAL_RANK", 0...size - 1)
            }
            if environment["TORCHELASTIC_USE_AGENT_STORE"] == "True" { isServer = false }
            prefix = "matter/\(environment["TORCHELASTIC_RESTART_COUNT"] ?? "0")"
            interface = environment["GLOO_SOCKET_IFNAME"] ?? ""
        }

        private static func wrong(_ name: String, _ problem: String) -> TorchError {
            TorchError(
                .configuration, operation: "environment variable \(name)",
                message: "\(problem); torchrun sets it, or unset WORLD_SIZE to train in one process"
            )
        }
    }
}
