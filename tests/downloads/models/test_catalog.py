import pytest
from django.core.exceptions import ValidationError

from downloads.models import Asset, Product
from downloads.models.catalog import storage_key
from tests.factories import AttachmentFactory, LinkFactory, ShopFactory, make_file


def test_a_product_is_called_by_its_name_and_variant():
    assert str(Product(name="Book")) == "Book"
    assert str(Product(name="Book", variant_name="Paper back")) == "Book (Paper back)"


def test_a_storage_key_is_ours_and_never_the_same():
    asset = Asset(title="Book")
    keys = [storage_key(asset, "../../book.pdf") for _ in range(2)]
    assert keys[0] != keys[1]
    assert all("book" not in key for key in keys)


@pytest.mark.django_db
def test_a_kind_is_a_file_or_a_link():
    assert make_file(ShopFactory()).kind == "file"
    assert LinkFactory().kind == "link"


@pytest.mark.django_db
def test_a_link_is_checked_before_it_is_saved():
    asset = LinkFactory.build(shop=ShopFactory(), link="https://127.0.0.1/book.pdf")
    with pytest.raises(ValidationError) as refusal:
        asset.full_clean()
    assert refusal.value.message_dict == {
        "link": ["The link must lead to a public website, not to a local or private address."]
    }


@pytest.mark.parametrize("field", ["limit", "lifetime_days"])
@pytest.mark.django_db
def test_an_attachment_of_nothing_is_refused_in_a_form(field):
    attachment = AttachmentFactory()
    setattr(attachment, field, 0)
    with pytest.raises(ValidationError) as refusal:
        attachment.full_clean()
    assert refusal.value.message_dict[field] == ["Ensure this value is greater than or equal to 1."]
