import Foundation
import GRDB
import Manifests

/// What all nights gave, in an SQLite file.
package struct NightlyHistory {
    /// A number of a night.
    package struct Result: Codable, Sendable, Equatable {
        /// What is measured: "stage/method/protocol/score".
        package var series: String
        /// The number.
        package var value: Double
        /// Whether more is better.
        package var isHigherBetter: Bool
        /// Whether it was flagged, and is therefore no measure for later nights.
        package var isFlagged = false
    }

    /// A value of an earlier night.
    package struct Point: Sendable, Equatable {
        /// The night.
        package var night: String
        /// The value.
        package var value: Double
        /// Whether it was flagged.
        package var isFlagged: Bool
    }

    private let queue: DatabaseQueue

    /// Opens or makes the file, and brings an older one up to date.
    /// - Throws: `ManifestError`: 78 for a file of a newer program, 65 for one that is none, 73 or 74 where it cannot be used.
    package init(path: String) throws {
        do {
            queue = try DatabaseQueue(path: path)
            let migrator = Self.migrator
            if try queue.read(migrator.hasBeenSuperseded) {
                throw ManifestError(
                    .configuration, path: path,
                    "was written by a newer program; update matter-eval, or name another folder")
            }
            try migrator.migrate(queue)
        } catch let error as DatabaseError {
            let isDamaged =
                error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT
            throw ManifestError(
                isDamaged ? .invalid : .io, path: path,
                "cannot be used as history: \(error.message ?? error.resultCode.description); move it away to begin anew"
            )
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.create(table: "night") { table in
                table.primaryKey("id", .text)
                table.column("recipe", .text).notNull()
                table.column("version", .text).notNull()
                table.column("isWhole", .boolean).notNull()
            }
            try database.create(table: "result") { table in
                table.column("night", .text).notNull().references("night", onDelete: .cascade)
                table.column("series", .text).notNull()
                table.column("value", .double).notNull()
                table.column("isHigherBetter", .boolean).notNull()
                table.column("isFlagged", .boolean).notNull()
                table.primaryKey(["night", "series"])
            }
        }
        return migrator
    }

    /// Puts a night in place of what is known of it.
    /// - Throws: `DatabaseError`.
    package func record(night: String, recipe: String, isWhole: Bool, _ results: [Result]) throws {
        try queue.write { database in
            try database.execute(sql: "DELETE FROM result WHERE night = ?", arguments: [night])
            try database.execute(sql: "DELETE FROM night WHERE id = ?", arguments: [night])
            try database.execute(
                sql: "INSERT INTO night (id, recipe, version, isWhole) VALUES (?, ?, ?, ?)",
                arguments: [night, recipe, SuiteVersion.current, isWhole])
            for result in results {
                try database.execute(
                    sql:
                        "INSERT INTO result (night, series, value, isHigherBetter, isFlagged) VALUES (?, ?, ?, ?, ?)",
                    arguments: [
                        night, result.series, result.value, result.isHigherBetter, result.isFlagged,
                    ])
            }
        }
    }

    /// Values of a series before a night, oldest first, of the last so many nights.
    /// - Throws: `DatabaseError`.
    package func values(of series: String, before night: String, recipe: String, limit: Int) throws
        -> [Point]
    {
        try queue.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT night, value, isFlagged FROM result JOIN night ON night.id = result.night
                    WHERE series = ? AND night < ? AND recipe = ? ORDER BY night DESC LIMIT ?
                    """, arguments: [series, night, recipe, limit]
            ).reversed().map {
                Point(night: $0["night"], value: $0["value"], isFlagged: $0["isFlagged"])
            }
        }
    }
}
