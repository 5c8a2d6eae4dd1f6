"""Expands the template as CloudFormation will: expand.py TEMPLATE, the expansion goes to standard output.

`sam validate --lint` looks at the template before that, so it passes what only the expansion shows: in Globals, a
Ref or GetAtt of nothing, an unknown runtime, a timeout out of range; anywhere, a name that begins like one that SAM
might make (AuthFunctionRole, where there is none); an event of an unknown API; the roles and policies that SAM adds.
"""

import json
import sys
from pathlib import Path

import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform


class NoManagedPolicies:
    """Stands in for a look at the account: no role of ours has a managed policy."""

    def load(self):
        return {}


def expand(template):
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # `sam package` puts the code there. A local path cannot be expanded.
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return transform(template, {}, NoManagedPolicies())


def main():
    [path] = sys.argv[1:]
    template = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    try:
        json.dump(expand(template), sys.stdout, indent=1)
    except InvalidDocumentException as error:
        sys.exit("\n".join([error.message, *(cause.message for cause in error.causes)]))


if __name__ == "__main__":
    main()
