"""The embedded storage as any AWS SDK sees it, here boto3: what `muster storage` prints is all that it needs."""

import os
import pathlib
import signal
import subprocess
import tempfile

import boto3
import botocore.config
import pytest


# The embedded endpoint has no host name for each bucket.
BY_PATH = botocore.config.Config(s3={"addressing_style": "path"})


def start(binary, folder):
    """Starts the storage and waits for its last line."""
    process = subprocess.Popen(
        [binary, "storage", "--data-dir", folder, "--dynamodb-port", "0", "--s3-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if "Ctrl-C" in line:
            return process
    raise AssertionError("muster storage did not get ready")


@pytest.fixture(scope="module")
def environment():
    with tempfile.TemporaryDirectory() as folder:
        process = start(os.environ["MUSTER_BINARY"], folder)
        lines = (pathlib.Path(folder) / "storage.env").read_text().splitlines()
        printed = dict(line.split("=", 1) for line in lines)
        before = dict(os.environ)
        os.environ.update(printed)
        yield {**printed, "folder": folder}
        os.environ.clear()
        os.environ.update(before)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_the_table_is_there(environment):
    table = boto3.client("dynamodb").describe_table(TableName=environment["MUSTER_TABLE"])["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_an_item_is_read_back(environment):
    table = boto3.resource("dynamodb").Table(environment["MUSTER_TABLE"])
    table.put_item(Item={"pk": "TEST", "sk": "1", "text": "Grüße"})
    assert table.get_item(Key={"pk": "TEST", "sk": "1"}, ConsistentRead=True)["Item"]["text"] == "Grüße"


def test_a_file_is_read_back(environment):
    bucket, content = environment["MUSTER_BUCKET"], os.urandom(1 << 20)
    files = boto3.client("s3", config=BY_PATH)
    files.put_object(Bucket=bucket, Key="staging/contract.pdf", Body=content, ContentType="application/pdf")
    assert files.get_object(Bucket=bucket, Key="staging/contract.pdf")["Body"].read() == content
    files.delete_object(Bucket=bucket, Key="staging/contract.pdf")
    assert files.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_nothing_is_left_of_a_file(environment):
    """Not even a digest, which tells whether somebody had a certain file."""
    bucket, root = environment["MUSTER_BUCKET"], pathlib.Path(environment["folder"]) / "s3"
    files = boto3.client("s3", config=BY_PATH)
    keys = [f"files/acme/{number}" for number in range(3)]
    for key in keys:
        files.put_object(Bucket=bucket, Key=key, Body=b"secret", ContentType="text/plain", Metadata={"of": "somebody"})
    assert len([name for name in root.rglob("*") if name.is_file()]) > len(keys)
    files.delete_object(Bucket=bucket, Key=keys[0])
    files.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys[1:]]})
    assert [name for name in root.rglob("*") if name.is_file()] == []


def test_a_wrong_key_is_refused(environment):
    files = boto3.client("s3", config=BY_PATH, aws_access_key_id="x", aws_secret_access_key="y")
    with pytest.raises(files.exceptions.ClientError):
        files.list_objects_v2(Bucket=environment["MUSTER_BUCKET"])
