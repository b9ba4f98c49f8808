"""Functions of another case's script, which would start working if it were imported."""
import ast


def functions(path, **values):
    """What a script imports and defines, and what it sets to a plain number or text, but nothing that it does.

    `values` take the place of its own."""
    tree = ast.parse(path.read_text(), str(path))
    tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))
                 or isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    names = {"__name__": path.stem, "__file__": str(path)}
    exec(compile(tree, str(path), "exec"), names)
    # The functions look names up in this very dictionary.
    names.update(values)
    return names
